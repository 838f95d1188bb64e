import { describe, expect, test } from '@jest/globals';
import { manageConsole } from '../../support/console/console.js';
import { button, createDialog, field, heading, openCreate, shownDialog, shows } from '../../support/console/dialogs.js';

const KEYS = '{ myApiKeys { name } }';

const keyward = manageConsole();

describe('the console while the server or the network fails, in Chromium', () => {
  test('console 26: the list stays, marked, while the server is down, and is current within 5 s after its return', async () => {
    const person = await keyward.newPerson();
    const { page } = person;
    person.expectMessage(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INTERNET_DISCONNECTED/);
    await person.newKey({ name: 'build server' });
    await page.clock.install();
    await page.reload();
    await shows(page, 'build server');
    await keyward.stop();
    // The list reads again every 30 s. Then the time of the page stands still, so that no attempt meets the server while it starts.
    await page.clock.pauseAt(Date.now() + 31_000);
    await shows(page, /^The server cannot be reached\. What you see is from /);
    await shows(page, 'build server');
    await keyward.restart();
    await person.newKey({ name: 'created meanwhile' });
    await page.clock.runFor(5_000);
    await shows(page, 'created meanwhile');
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  test('console 26: the page that was opened while the server was down starts by itself', async () => {
    const person = await keyward.newPerson();
    const { page } = person;
    person.expectMessage(/status of 503|ERR_FAILED/);
    let isDown = true;
    await page.route('**/graphql', (route) => (isDown ? route.abort() : route.fallback()));
    await page.reload();
    await heading(page, 'The server cannot be reached').waitFor();
    isDown = false;
    await heading(page, 'No keys yet').waitFor();
  });

  test('console 26: the answer to "Create" is lost: the page says that the key exists, and creates no second one', async () => {
    const person = await keyward.newPerson();
    const { page, ask } = person;
    person.expectMessage(/ERR_FAILED/);
    let sent = 0;
    await page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('mutation CreateKey')) return route.fallback();
      sent += 1;
      await route.fetch();
      await route.abort();
    });
    const dialog = await openCreate(page);
    await field(dialog, 'Name').fill('build server');
    await button(dialog, 'Create').click();
    await shows(dialog, 'The key was created, but its secret was lost on the way. Revoke it and create another.');
    await shows(dialog, 'See “build server” in the list.');
    expect(await button(dialog, 'Create').count()).toBe(0);
    await button(dialog, 'Close').click();
    expect(sent).toBe(1);
    expect((await ask<{ myApiKeys: object[] }>(KEYS)).myApiKeys).toHaveLength(1);
  });

  test('console 26: the request to create is lost: another attempt creates one key', async () => {
    const person = await keyward.newPerson();
    const { page, ask } = person;
    person.expectMessage(/ERR_FAILED/);
    let sent = 0;
    await page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('mutation CreateKey')) return route.fallback();
      sent += 1;
      return sent === 1 ? route.abort() : route.fallback();
    });
    const dialog = await openCreate(page);
    await field(dialog, 'Name').fill('build server');
    await button(dialog, 'Create').click();
    await shows(dialog, /^The answer did not arrive, and the list has no new key\./);
    expect(await field(dialog, 'Name').inputValue()).toBe('build server');
    await button(dialog, 'Create').click();
    await shownDialog(page).waitFor();
    expect((await ask<{ myApiKeys: object[] }>(KEYS)).myApiKeys).toHaveLength(1);
  });

  test('console 26: an unavailable database is shown with the time of the next attempt, and only queries are repeated', async () => {
    const person = await keyward.newPerson();
    const { page } = person;
    person.expectMessage(/status of 503/);
    let isDown = false;
    let [creations, lists] = [0, 0];
    await page.route('**/graphql', async (route) => {
      const body = route.request().postData() ?? '';
      if (body.includes('mutation CreateKey')) creations += 1;
      if (body.includes('query Keys')) lists += 1;
      if (!isDown) return route.fallback();
      const extensions = { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 1, requestId: 'req-1' };
      await route.fulfill({ status: 503, json: { errors: [{ message: 'unavailable', extensions }] } });
    });
    const dialog = await openCreate(page);
    isDown = true;
    await button(dialog, 'Create').click();
    await shows(dialog, /^The server is busy or its database is unavailable\. Try again in 1 s\./);
    await shows(dialog, 'Request req-1');
    await button(dialog, 'Cancel').click();
    await page.reload();
    await heading(page, 'The server cannot be reached').waitFor();
    isDown = false;
    await heading(page, 'No keys yet').waitFor();
    expect([creations, lists > 0]).toEqual([1, true]);
    expect(await createDialog(page).count()).toBe(0);
  });

  test('console 26: without a network the page says so, and keeps what was typed', async () => {
    const person = await keyward.newPerson();
    const { page, context } = person;
    person.expectMessage(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/);
    const dialog = await openCreate(page);
    await field(dialog, 'Name').fill('build server');
    await context.setOffline(true);
    await page.getByText('You are offline. What you typed is kept.').waitFor({ state: 'attached' });
    await context.setOffline(false);
    await page.getByText('You are offline. What you typed is kept.').waitFor({ state: 'detached' });
    expect(await field(dialog, 'Name').inputValue()).toBe('build server');
  });
});

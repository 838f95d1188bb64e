import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type ConsoleServer,
  createUser,
  expectClean,
  type Opened,
  openContext,
  startConsole,
  verify,
} from '../../support/console-browser.js';
import { ConsolePage } from '../../support/console-page.js';
import { eventually } from '../../support/eventually.js';

let running: ConsoleServer;
let opened: Opened;
let view: ConsolePage;
beforeAll(async () => {
  running = await startConsole({ CONSOLE_EXAMPLE_URL: 'https://api.example.com/v1/orders' });
});
afterAll(() => running?.close());

beforeEach(async () => {
  opened = await openContext(running);
  view = new ConsolePage(opened.page);
  const { email } = await createUser(running.server);
  await view.open();
  await view.signIn(email);
});
afterEach(() => expectClean(opened));

describe('keys in the console, in Chromium', () => {
  test('console 11: a key is created with a name alone, is valid, and is first in the list', async () => {
    await view.heading('No keys yet').waitFor();
    const key = await view.create('build server');
    expect(await verify(running.server, key)).toEqual({ status: 200, code: 'VALID' });
    await view.copyAndClose();
    await view.create('second');
    await view.copyAndClose();
    expect(await view.table.getByRole('rowheader').first().textContent()).toContain('second');
    await opened.page.getByText('2 of 5 used').waitFor();
  });

  test('console 12: a key that was not copied is not lost by Done, and a copied one is the key byte for byte', async () => {
    const key = await view.create('build server');
    await view.button('Done').click();
    await opened.page.getByText('You haven’t copied the key.').waitFor();
    expect(await view.newKey.inputValue()).toBe(key);
    await view.copyAndClose();
    expect(await opened.page.evaluate(() => navigator.clipboard.readText())).toBe(key);

    await view.create('by the keyboard');
    await view.newKey.focus();
    await opened.page.keyboard.press('Control+c');
    await opened.page.getByText('Copied', { exact: true }).waitFor();
    await view.button('Done').click();
    await view.newKey.waitFor({ state: 'detached' });
  });

  test('console 17: an edit sends what changed and nothing else', async () => {
    await view.create('build server');
    await view.copyAndClose();
    await view.table.getByRole('link', { name: 'build server' }).click();
    await view.button('Edit').click();
    await view.field('Name').fill('ci');
    const sent = opened.page.waitForRequest((request) => request.postData()?.includes('updateApiKey') ?? false);
    await view.button('Save').click();
    expect((await sent).postDataJSON().variables.input).toEqual({ name: 'ci' });
    await view.heading('ci').waitFor();
  });

  test('console 18: a rotation leaves the old key valid for a day, and shows how far the programs have moved', async () => {
    const old = await view.create('build server');
    await view.copyAndClose();
    await view.button('Rotate build server').click();
    expect(await view.field('The old key goes on working for').inputValue()).toBe('86400');
    await view.button('Rotate key').click();
    const next = await view.newKey.inputValue();
    await view.copyAndClose();
    expect(await view.table.getByRole('row').count()).toBe(3);
    for (const key of [old, next, next, next]) expect(await verify(running.server, key)).toEqual({ status: 200, code: 'VALID' });
    await view.table.getByRole('link', { name: 'build server' }).first().click();
    await opened.page.getByText('75 % of calls use the new key').waitFor();
    await view.button('Revoke the old key now').click();
    await view.field('Type the name of the key to confirm').fill('build server');
    await view.button('Revoke key').click();
    await opened.page.getByText('Revoked build server.').waitFor();
    expect(await verify(running.server, old)).toEqual({ status: 401, code: 'REVOKED' });
    expect(await verify(running.server, next)).toEqual({ status: 200, code: 'VALID' });
  });

  test('console 19: a used key is revoked only by its name, is rejected at once, and the history has the reason', async () => {
    const key = await view.create('build server');
    await verify(running.server, key);
    await opened.page.getByText(/^First seen/).waitFor();
    await view.copyAndClose();
    await eventually(async () => expect(await view.row('build server').textContent()).not.toContain('Never used'));
    await view.button('Revoke build server').click();
    await opened.page.getByText('1 call was allowed in the last 7 days').waitFor();
    await view.button('Revoke key').click();
    await opened.page.getByText('This is not the name of the key.').waitFor();
    expect((await verify(running.server, key)).code).toBe('VALID');
    await view.field('Reason').fill('laptop lost');
    await view.field('Type the name of the key to confirm').fill('build server');
    await view.button('Revoke key').click();
    await opened.page.getByText('Revoked build server.').waitFor();
    expect(await verify(running.server, key)).toEqual({ status: 401, code: 'REVOKED' });
    await view.go('History');
    await opened.page.getByText('laptop lost').waitFor();
  });

  test('console 20: a key is switched off and on without a reload', async () => {
    const key = await view.create('build server');
    await view.copyAndClose();
    await view.table.getByRole('link', { name: 'build server' }).click();
    await view.button('Switch off').click();
    await view.button('Switch on').waitFor();
    expect(await verify(running.server, key)).toEqual({ status: 401, code: 'DISABLED' });
    await view.button('Switch on').click();
    await view.button('Switch off').waitFor();
    expect(await verify(running.server, key)).toEqual({ status: 200, code: 'VALID' });
  });

  test('console 21: at the limit no key can be created, and the reason is shown', async () => {
    for (const name of ['one', 'two', 'three', 'four', 'five']) {
      await view.create(name);
      await view.copyAndClose();
    }
    const create = view.button('Create key');
    expect(await create.getAttribute('aria-disabled')).toBe('true');
    await opened.page.getByText('5 of 5 used. Revoke a key to create another.').waitFor();
    await create.click();
    expect(await opened.page.locator('dialog').count()).toBe(0);
    await view.button('Revoke one').click();
    await view.button('Revoke key').click();
    await opened.page.getByText('4 of 5 used').waitFor();
    await view.create('six');
    await view.copyAndClose();
  });
});

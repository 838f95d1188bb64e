import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type ConsoleServer,
  createUser,
  expectClean,
  newEmail,
  type Opened,
  openContext,
  PASSWORD,
  startConsole,
} from '../../support/console-browser.js';
import { ConsolePage } from '../../support/console-page.js';

let running: ConsoleServer;
let opened: Opened;
let view: ConsolePage;
beforeAll(async () => {
  running = await startConsole();
});
afterAll(() => running?.close());
beforeEach(async () => {
  opened = await openContext(running);
  view = new ConsolePage(opened.page);
});
afterEach(() => expectClean(opened));

describe('the session of the console, in Chromium', () => {
  test('console 5: a visitor signs up, and a wrong password and an unknown address get the same words', async () => {
    const email = newEmail();
    await view.open();
    await opened.page.getByRole('link', { name: 'Create account' }).click();
    await view.field('Email').fill(email);
    await view.field('Password').fill(PASSWORD);
    await view.button('Create account').click();
    await view.heading('No keys yet').waitFor();
    await view.button('Sign out').click();
    await view.heading('Sign in').waitFor();
    for (const [address, password] of [
      [email, 'not this one at all'],
      [newEmail(), PASSWORD],
    ] as const) {
      await view.field('Email').fill(address);
      await view.field('Password').fill(password);
      await view.button('Sign in').click();
      expect(await opened.page.getByRole('alert').textContent()).toBe('Email or password is wrong.');
    }
  });

  test('console 6, W4: a reload keeps the user signed in, and no script can read a credential', async () => {
    const { email } = await createUser(running.server);
    await view.open();
    await view.signIn(email);
    await opened.page.reload();
    await view.heading('API keys').waitFor();
    expect(await opened.page.evaluate(() => [document.cookie, { ...localStorage }, { ...sessionStorage }])).toEqual(['', {}, {}]);
    const [cookie] = await opened.context.cookies();
    expect(cookie).toMatchObject({ name: '__Host-keyward-refresh', path: '/', httpOnly: true, secure: true, sameSite: 'Strict' });
  });

  test('console 9, W6: a sign-out reaches every tab', async () => {
    const { email } = await createUser(running.server);
    await view.open();
    await view.signIn(email);
    const other = new ConsolePage(await opened.context.newPage());
    await other.open('account');
    await other.heading('Account').waitFor();
    await view.button('Sign out').click();
    await other.heading('Sign in').waitFor({ timeout: 1000 });
    expect(await other.page.textContent('body')).not.toContain(email);
  });

  test('console 24: a session that was ended elsewhere asks for a sign-in and keeps what was typed', async () => {
    const { email } = await createUser(running.server);
    await view.open();
    await view.signIn(email);
    await view.button('Create key').click();
    await view.field('Name').fill('half typed');
    const elsewhere = await openContext(running);
    const there = new ConsolePage(elsewhere.page);
    await there.open('account');
    await there.heading('Sign in').waitFor();
    await there.field('Email').fill(email);
    await there.field('Password').fill(PASSWORD);
    await there.button('Sign in').click();
    await there.button('End all other sessions').click();
    await elsewhere.page.getByText('2 sessions ended.').waitFor();
    await expectClean(elsewhere);
    await view.button('Create').click();
    const again = view.dialog('Sign in');
    await again.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await again.getByRole('button', { name: 'Sign in' }).click();
    await view.newKey.waitFor();
    await view.copyAndClose();
    await view.row('half typed').waitFor();
  });

  test('console 6, W7: a link leads to no other site after the sign-in', async () => {
    const { email } = await createUser(running.server);
    await view.open('sign-in?next=https://attacker.example/');
    await view.signIn(email);
    expect(opened.page.url()).toBe(`${running.server.url}/console/`);
  });
});

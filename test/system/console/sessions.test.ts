import { describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { runBuiltCommand } from '../../support/commands.js';
import { manageConsole, type Person, type Visitor } from '../../support/console/console.js';
import { button, createKey, dialog, dismissKey, field, heading, shows } from '../../support/console/dialogs.js';
import { PASSWORD } from '../../support/test-app.js';

const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }';
const MINUTE_SECONDS = 60;

const keyward = manageConsole();

/** Signs the user in without a browser, as another device would. */
async function otherDevice(email: string, password = PASSWORD): Promise<string> {
  const { signIn } = await keyward.ask<{ signIn: { accessToken: string } }>(SIGN_IN, { input: { email, password } });
  return signIn.accessToken;
}

async function openTab(person: Visitor, path = ''): Promise<Page> {
  const tab = await person.context.newPage();
  await tab.goto(`${keyward.url}/console/${path}`);
  return tab;
}

/** Opens the console with another browser, where the user signs in. */
async function otherBrowser({ email }: Person): Promise<Visitor> {
  const visitor = await keyward.open('sign-in');
  await field(visitor.page, 'Email').fill(email);
  await field(visitor.page, 'Password').fill(PASSWORD);
  await button(visitor.page, 'Sign in').click();
  await heading(visitor.page, 'API keys').waitFor();
  return visitor;
}

/** Resolves with the time at which the page shows the form of sign-in. */
const SIGNED_OUT_AT = `new Promise((resolve) => {
  const isSignIn = ({ textContent }) => textContent === 'Sign in';
  const check = () => [...document.querySelectorAll('h1')].some(isSignIn) && resolve(Date.now());
  new MutationObserver(check).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
})`;

describe('sessions of the console, in Chromium', () => {
  test('W6: console 9: a sign-out reaches every tab within a second, and takes the data off their pages', async () => {
    const person = await keyward.newPerson();
    const { page, newKey } = person;
    await newKey({ name: 'build server' });
    const tabs = [page, await openTab(person), await openTab(person, 'activity')];
    await page.reload();
    for (const tab of tabs) await shows(tab, 'build server');
    const signedOut = Promise.all(tabs.map((tab) => tab.evaluate<number>(SIGNED_OUT_AT)));
    await page.evaluate('addEventListener("click", () => { window.clickedAt = Date.now(); }, { capture: true })');
    await button(page, 'Sign out').click();
    const clickedAt = await page.evaluate<number>('window.clickedAt');
    expect(Math.max(...(await signedOut)) - clickedAt).toBeLessThan(1_000);
    for (const tab of tabs) {
      await heading(tab, 'Sign in').waitFor();
      expect(await tab.content()).not.toMatch(new RegExp(`build server|${person.email}`));
    }
    await page.goBack();
    await heading(page, 'Sign in').waitFor();
    expect(await page.content()).not.toContain('build server');
  });

  test('W6: console 9: two tabs that reload at the same time again and again stay signed in', async () => {
    const person = await keyward.newPerson();
    const tabs = [person.page, await openTab(person)];
    for (let round = 0; round < 20; round++) await Promise.all(tabs.map((tab) => tab.reload({ waitUntil: 'domcontentloaded' })));
    for (const tab of tabs) {
      await heading(tab, 'No keys yet').waitFor();
      expect(await tab.getByRole('alert').count()).toBe(0);
    }
  });

  test('W6: console 9: another user in another tab takes the data of the first off every page', async () => {
    const person = await keyward.newPerson();
    await person.newKey({ name: 'key of the first' });
    await person.page.reload();
    await shows(person.page, 'key of the first');
    const other = await keyward.newPerson();
    const tab = await openTab(person);
    await button(tab, 'Sign out').click();
    await field(tab, 'Email').fill(other.email);
    await field(tab, 'Password').fill(PASSWORD);
    await button(tab, 'Sign in').click();
    await heading(tab, 'No keys yet').waitFor();
    await shows(person.page, other.email);
    expect(await person.page.content()).not.toMatch(new RegExp(`key of the first|${person.email}`));
  });

  test('W6: console 24: a session that ends elsewhere ends at its next action, with its data gone', async () => {
    const person = await keyward.newPerson('account');
    await person.newKey({ name: 'build server' });
    const elsewhere = await otherBrowser(person);
    elsewhere.expectMessage(/status of 401/);
    await shows(elsewhere.page, 'build server');
    await person.page.reload();
    const current = person.page.getByRole('table', { name: 'Sessions' }).getByRole('row').filter({ hasText: 'This session' });
    await current.waitFor();
    expect(await current.getByRole('button').count()).toBe(0);
    await button(person.page, 'End all other sessions').click();
    await shows(person.page, /sessions? ended\./);
    await button(elsewhere.page, 'Create key').click();
    await button(dialog(elsewhere.page, 'Create a key'), 'Create').click();
    const over = dialog(elsewhere.page, 'Sign in');
    await shows(over, /was ended elsewhere/);
    // What is below the dialog cannot be seen.
    const seen = await elsewhere.page.evaluate(`(() => {
      const signIn = [...document.querySelectorAll('dialog')].find((each) => each.textContent.includes('was ended elsewhere'));
      const backdrop = getComputedStyle(signIn, '::backdrop');
      return document.elementFromPoint(20, 20)?.closest('dialog') !== null && backdrop.backgroundColor;
    })()`);
    expect(String(seen)).toMatch(/^rgb\(|, 1\)$/);
    await button(over, 'Use another account').click();
    // The dialog has the same heading as the sign-in page.
    await over.waitFor({ state: 'detached' });
    await heading(elsewhere.page, 'Sign in').waitFor();
    expect(await elsewhere.page.content()).not.toContain('build server');
  });

  test('console 24: ends one other session from its row', async () => {
    const person = await keyward.newPerson('account');
    const token = await otherDevice(person.email);
    await person.page.reload();
    await person.page.getByRole('button', { name: /^End session of / }).click();
    await shows(person.page, 'Session ended.');
    await expect(keyward.ask('{ me { id } }', {}, token)).rejects.toThrow('UNAUTHENTICATED');
  });

  test('console 24: a new password ends every other session, and this page continues with a new one', async () => {
    const person = await keyward.newPerson('account');
    const { page } = person;
    const token = await otherDevice(person.email);
    person.expectMessage(/status of 401/);
    const form = page.locator('form').filter({ has: page.getByRole('button', { name: 'Change password' }) });
    await field(form, 'Current password').fill('not the password of this user');
    await field(form, 'New password').fill('another correct horse battery');
    await button(form, 'Change password').click();
    await shows(form, 'The current password is wrong.');
    await field(form, 'Current password').fill(PASSWORD);
    await button(form, 'Change password').click();
    await shows(page, 'Password changed. Every other session has been ended.');
    await expect(keyward.ask('{ me { id } }', {}, token)).rejects.toThrow('UNAUTHENTICATED');
    await page.getByRole('link', { name: 'API keys' }).click();
    await createKey(page, 'build server');
    await dismissKey(page);
    await page.reload();
    await shows(page, 'build server');
    expect(await otherDevice(person.email, 'another correct horse battery')).toMatch(/^ey/);
  });

  test('console 24: deleting the account needs the password, and rejects its keys from the next verification', async () => {
    const person = await keyward.newPerson('account');
    person.expectMessage(/status of 401/);
    const { plaintext } = await person.newKey({ name: 'build server' });
    await person.page.reload();
    await button(person.page, 'Delete account').click();
    const remove = dialog(person.page, 'Delete your account?');
    await shows(remove, '1 key will be rejected from the very next call. This cannot be undone.');
    await field(remove, 'Current password').fill('not the password of this user');
    await button(remove, 'Delete account for good').click();
    await shows(remove, 'The current password is wrong.');
    expect(await keyward.verify(plaintext, { dryRun: true })).toBe('VALID');
    await field(remove, 'Current password').fill(PASSWORD);
    await button(remove, 'Delete account for good').click();
    await heading(person.page, 'Sign in').waitFor();
    expect((await fetch(`${keyward.url}/verify`, { headers: { 'x-api-key': plaintext } })).status).toBe(401);
    await expect(otherDevice(person.email)).rejects.toThrow('INVALID_CREDENTIALS');
  });

  test('console 5: a reset link sets a new password once, and its token leaves the address bar at once', async () => {
    const { email } = await keyward.newPerson();
    const { stdout } = await runBuiltCommand('users', ['reset-token', email, '--json'], keyward.settings());
    const link = `reset#token=${JSON.parse(stdout).resetToken}`;
    for (const attempt of ['first', 'second'] as const) {
      const visitor = await keyward.open(link);
      const { page, requests } = visitor;
      await heading(page, 'Set a new password').waitFor();
      expect(page.url()).toBe(`${keyward.url}/console/reset`);
      await field(page, 'New password').fill('another correct horse battery');
      await button(page, 'Set password').click();
      if (attempt === 'first') await heading(page, 'No keys yet').waitFor();
      else await shows(page, 'This link was used already, or it has expired. Ask the operator for a new one.');
      expect(requests.map((request) => request.url()).join()).not.toContain('token=');
    }
    expect(await otherDevice(email, 'another correct horse battery')).toMatch(/^ey/);
  });

  test('W6: console 26: the access token expires while the page is open, and the page renews it once', async () => {
    const person = await keyward.newPerson();
    const { page, requests } = person;
    await page.clock.install();
    await page.reload();
    await heading(page, 'No keys yet').waitFor();
    // Every answer of the API is 401 until the page has renewed its token.
    let isExpired = true;
    await page.route('**/graphql', async (route) => {
      const isRenewal = route.request().postData()?.includes('refreshSession');
      if (isRenewal) isExpired = false;
      if (!isExpired || isRenewal) return route.fallback();
      await route.fulfill({ status: 401, json: { errors: [{ message: 'expired', extensions: { code: 'UNAUTHENTICATED' } }] } });
    });
    const before = requests.length;
    await page.clock.fastForward(MINUTE_SECONDS * 1_000);
    await createKey(page, 'build server');
    const renewals = requests.slice(before).filter((request) => request.postData()?.includes('refreshSession'));
    expect(renewals).toHaveLength(1);
    await dismissKey(page);
  });
});

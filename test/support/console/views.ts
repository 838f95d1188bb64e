import type { Page } from 'playwright-core';
import { button, dialog, heading, openCreate, shownDialog, shows } from './dialogs.js';

/** One view or one state of it, and how the view before leads there. */
export type View = [name: string, show: (page: Page) => Promise<unknown>];

/** Each dialog, from the list of a user who has a key “build server” with this ID. */
export const dialogViews = (url: string, id: string): View[] => [
  ['create', openCreate],
  [
    'create with limits and errors',
    async (page) => {
      const create = dialog(page, 'Create a key');
      await create.getByText('More limits').click();
      await create.getByRole('checkbox', { name: 'Limit how often it may be used' }).check();
      await create.getByLabel('Calls', { exact: true }).fill('none');
      await create.getByLabel('Notes (JSON)').fill('{');
      await button(create, 'Create').click();
      await shows(create, /^Enter a JSON object/);
    },
  ],
  [
    'shown once',
    async (page) => {
      await page.keyboard.press('Escape');
      const create = await openCreate(page);
      await button(create, 'Create').click();
      await shownDialog(page).waitFor();
    },
  ],
  ['shown once, asking', (page) => button(page, 'Done').click()],
  [
    'revoke',
    async (page) => {
      await button(page, 'Close without copying').click();
      await button(page, 'Revoke build server').click();
      await dialog(page, 'Revoke build server?').waitFor();
    },
  ],
  [
    'revoke with an error',
    async (page) => {
      await button(page, 'Revoke key').click();
      await shows(page, 'This is not the name of the key.');
    },
  ],
  [
    'rotate',
    async (page) => {
      await button(page, 'Keep it').click();
      await button(page, 'Rotate build server').first().click();
      await dialog(page, 'Rotate build server').waitFor();
    },
  ],
  [
    'edit',
    async (page) => {
      await page.goto(`${url}/console/keys/${id}`);
      await button(page, 'Edit').click();
      await dialog(page, 'Edit build server').waitFor();
    },
  ],
  [
    'delete account',
    async (page) => {
      await page.goto(`${url}/console/account`);
      await button(page, 'Delete account').click();
      await dialog(page, 'Delete your account?').waitFor();
    },
  ],
];

/** Each page of a signed-in user, from the list. */
export const pageViews = (url: string, id: string, rotated: string): View[] => [
  ['keys', (page) => page.getByRole('table').waitFor()],
  [
    'key',
    async (page) => {
      await page.goto(`${url}/console/keys/${id}`);
      await button(page, 'Show as a table').click();
      await page.getByRole('table', { name: 'Events' }).waitFor();
    },
  ],
  [
    'rotated key',
    async (page) => {
      await page.goto(`${url}/console/keys/${rotated}`);
      await heading(page, 'Rotation').waitFor();
    },
  ],
  [
    'history',
    async (page) => {
      await page.goto(`${url}/console/history`);
      await page.getByRole('table').waitFor();
    },
  ],
  [
    'activity',
    async (page) => {
      await page.goto(`${url}/console/activity`);
      await page.getByRole('table').waitFor();
    },
  ],
  [
    'account',
    async (page) => {
      await page.goto(`${url}/console/account`);
      await page.getByRole('table').waitFor();
    },
  ],
  [
    'missing key',
    async (page) => {
      await page.goto(`${url}/console/keys/00000000-0000-7000-8000-000000000000`);
      await heading(page, 'Key not found').waitFor();
    },
  ],
  [
    'missing page',
    async (page) => {
      await page.goto(`${url}/console/nowhere`);
      await heading(page, 'Page not found').waitFor();
    },
  ],
];

/** Each page of a visitor, from the sign-in page. */
export const entryViews = (url: string): View[] => [
  ['sign-in', (page) => heading(page, 'Sign in').waitFor()],
  [
    'sign-in with errors',
    async (page) => {
      await button(page, 'Sign in').click();
      await page.locator('[aria-invalid]').first().waitFor();
    },
  ],
  [
    'sign-up',
    async (page) => {
      await page.goto(`${url}/console/sign-up`);
      await heading(page, 'Create an account').waitFor();
    },
  ],
  [
    'reset',
    async (page) => {
      await page.goto(`${url}/console/reset#token=abc`);
      await heading(page, 'Set a new password').waitFor();
    },
  ],
  [
    'reset without a token',
    async (page) => {
      await page.goto(`${url}/console/reset`);
      await page.reload();
      await shows(page, /^This link has no reset token/);
    },
  ],
];

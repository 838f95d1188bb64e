import { expect } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../eventually.js';

type Root = Page | Locator;

/** The accessible names of the console, which stay as they are for tests and for users of assistive technology. */
export const button = (root: Root, name: string | RegExp): Locator => root.getByRole('button', { name, exact: true });
export const field = (root: Root, name: string): Locator => root.getByLabel(name, { exact: true });
export const heading = (root: Root, name: string): Locator => root.getByRole('heading', { name, exact: true });
export const link = (root: Root, name: string): Locator => root.getByRole('link', { name, exact: true });

/** Dialogs by their title, which may ask for attention at once. */
export const dialog = (root: Root, title: string): Locator =>
  root.locator('dialog').filter({ has: root.getByRole('heading', { name: title, exact: true }) });

export const createDialog = (page: Root): Locator => dialog(page, 'Create a key');
export const shownDialog = (page: Root): Locator => dialog(page, 'Copy your key now');
export const newKeyField = (page: Root): Locator => page.getByRole('textbox', { name: 'Your new key' });
export const keyRow = (page: Root, name: string): Locator =>
  page.getByRole('table', { name: 'API keys' }).getByRole('row').filter({ hasText: name });

/** Opens the dialog that creates a key. */
export async function openCreate(page: Page): Promise<Locator> {
  await button(page, 'Create key').click();
  const opened = createDialog(page);
  await opened.waitFor();
  return opened;
}

/** Creates a key through the dialog, and returns its plaintext. The dialog with the plaintext stays open. */
export async function createKey(page: Page, name: string): Promise<string> {
  const opened = await openCreate(page);
  await field(opened, 'Name').fill(name);
  await button(opened, 'Create').click();
  await shownDialog(page).waitFor();
  return newKeyField(page).inputValue();
}

/** Closes the dialog with the plaintext. */
export async function dismissKey(page: Page): Promise<void> {
  await button(shownDialog(page), 'Done').click();
  await button(shownDialog(page), 'Close without copying').click();
  await shownDialog(page).waitFor({ state: 'detached' });
}

/** Waits until the page shows a text. */
export const shows = (root: Root, text: string | RegExp): Promise<void> => root.getByText(text).first().waitFor();

/** Waits until an expression of the page is true. The page’s policy does not permit Playwright’s own way to do so. */
export const holds = (page: Page, expression: string): Promise<void> =>
  eventually(async () => expect([expression, await page.evaluate(expression)]).toEqual([expression, true]), { withinMs: 15_000 });

/** Waits until the tab is named after a view. The page sets its title after it has rendered the view. */
export const isTitled = (page: Page, view: string): Promise<void> =>
  holds(page, `document.title === ${JSON.stringify(`${view} · Keyward`)}`);

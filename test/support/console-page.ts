import type { Locator, Page } from 'playwright-core';
import { PASSWORD } from './console-browser.js';

/** The views of the console, by the roles and names that people and assistive technology meet. */
export class ConsolePage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole('heading', { name, exact: true });
  }

  dialog(name: string | RegExp): Locator {
    return this.page.locator('dialog[open]').filter({ has: this.page.getByRole('heading', { name, exact: true }) });
  }

  field(name: string): Locator {
    return this.page.getByLabel(name, { exact: true });
  }

  get table(): Locator {
    return this.page.getByRole('table', { name: 'API keys' });
  }

  get newKey(): Locator {
    return this.page.getByRole('textbox', { name: 'Your new key' });
  }

  row(name: string): Locator {
    return this.table.getByRole('row').filter({ hasText: name });
  }

  /** Opens a path of the console. */
  async open(path = ''): Promise<void> {
    await this.page.goto(`/console/${path}`);
  }

  /** Signs in on the page that asks for it, and waits for the keys. */
  async signIn(email: string, password = PASSWORD): Promise<void> {
    await this.heading('Sign in').waitFor();
    await this.field('Email').fill(email);
    await this.field('Password').fill(password);
    await this.button('Sign in').click();
    await this.heading('API keys').waitFor();
  }

  /** Creates a key with a name alone. Returns its plaintext. The dialog that shows it stays open. */
  async create(name: string): Promise<string> {
    await this.button('Create key').click();
    await this.field('Name').fill(name);
    await this.button('Create').click();
    return this.newKey.inputValue();
  }

  /** Copies the key that is shown, and closes the dialog. */
  async copyAndClose(): Promise<void> {
    await this.button('Copy key').click();
    await this.page.getByText('Copied', { exact: true }).waitFor();
    await this.button('Done').click();
    await this.newKey.waitFor({ state: 'detached' });
  }

  /** Follows a link of the navigation. */
  async go(view: 'API keys' | 'History' | 'Activity' | 'Account'): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link', { name: view, exact: true }).click();
    await this.heading(view).waitFor();
  }
}

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { runBuiltCommand } from '../../support/commands.js';
import { axeProblems } from '../../support/console/axe.js';
import { manageConsole, type Visitor } from '../../support/console/console.js';
import {
  button,
  dialog,
  dismissKey,
  field,
  heading,
  holds,
  keyRow,
  newKeyField,
  openCreate,
  shownDialog,
  shows,
} from '../../support/console/dialogs.js';
import { type Product, startProduct } from '../../support/console/product.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/program.js';

// In production, pages of localhost need permission like all others.
const keyward = manageConsole(() => ({ AUTH_MODE: 'product', NODE_ENV: 'production' }));
let product: Product;

beforeAll(async () => {
  const args = ['create', 'backend', '--permissions', 'users:act', '--json'];
  const created = await runBuiltCommand('service-tokens', args, keyward.settings());
  product = await startProduct(keyward.url, JSON.parse(created.stdout).token, await freePort());
});
afterAll(() => product?.stop());

const EVENTS = ['ready', 'created', 'rotated', 'revoked', 'error'].map((name) => `keyward-${name}`);

/** Opens the page of the product, and keeps every event of the element. */
async function openProduct(user: 'ada' | 'grace' = 'ada', options = {}): Promise<Visitor> {
  const visitor = await keyward.openElsewhere(options);
  visitor.expectOrigin(product.url);
  visitor.expectMessage(/status of 401 .*\/portal-session$/);
  const { page } = visitor;
  await page.addInitScript(`window.events = []; window.moved = 0;
    for (const name of ${JSON.stringify(EVENTS)}) addEventListener(name, (event) => window.events.push([name, event.detail]));`);
  await page.goto(product.url);
  await field(page, 'Email').fill(`${user}@acme.test`);
  await field(page, 'Password').fill(`${user}-password`);
  await button(page, 'Sign in').click();
  await heading(page, 'API keys').waitFor();
  return visitor;
}

const eventsOf = async (page: Page) => (await page.evaluate('window.events')) as [string, Record<string, unknown>][];
const tokensAsked = ({ requests }: Visitor) => requests.filter((request) => request.url().endsWith('/portal-session')).length;

async function createHere(page: Page, name: string): Promise<string> {
  const opened = await openCreate(page);
  await field(opened, 'Name').fill(name);
  await button(opened, 'Create').click();
  await shownDialog(page).waitFor();
  return newKeyField(page).inputValue();
}

describe('<keyward-keys> on the page of examples/element, in Chromium', () => {
  test('W10: console 31: creates, rotates and revokes under a strict policy, and no event holds a plaintext', async () => {
    const visitor = await openProduct();
    const { page } = visitor;
    const policy = (await fetch(product.url)).headers.get('content-security-policy') ?? '';
    expect(policy).not.toMatch(/unsafe|\*|data:/);
    const first = await createHere(page, 'build server');
    expect(await keyward.verify(first)).toBe('VALID');
    // The dialog asks for the name only if the list shows the key as used.
    await shows(shownDialog(page), /First seen/);
    await dismissKey(page);
    await button(page, 'Rotate build server').click();
    await button(dialog(page, 'Rotate build server'), 'Rotate key').click();
    await shownDialog(page).waitFor();
    const second = await newKeyField(page).inputValue();
    await dismissKey(page);
    expect([await keyward.verify(first), await keyward.verify(second)]).toEqual(['VALID', 'VALID']);
    const replaced = keyRow(page, 'Replaced by');
    await replaced.locator('[data-label="Last used"] time').waitFor();
    await button(replaced, 'Revoke build server').click();
    const revoke = dialog(page, 'Revoke build server?');
    await field(revoke, 'Type the name of the key to confirm').fill('build server');
    await button(revoke, 'Revoke key').click();
    await revoke.waitFor({ state: 'detached' });
    expect([await keyward.verify(first), await keyward.verify(second)]).toEqual(['REVOKED', 'VALID']);

    const events = await eventsOf(page);
    expect(events.map(([name]) => name)).toEqual(['keyward-ready', 'keyward-created', 'keyward-rotated', 'keyward-revoked']);
    for (const [name, detail] of events.slice(1)) {
      expect([name, Object.keys(detail).sort()]).toEqual([name, ['id', 'keyPrefix', 'name']]);
    }
    for (const plaintext of [first, second]) expect(JSON.stringify(events)).not.toContain(plaintext.split('.')[1]);
    expect(tokensAsked(visitor)).toBe(2);
    expect(await visitor.context.cookies(keyward.url)).toEqual([]);
    expect(await axeProblems(page)).toEqual([]);
  });

  test('W10: console 31: a rejected token is replaced by one call, however many requests it was rejected for', async () => {
    const visitor = await openProduct('grace');
    const { page } = visitor;
    const before = tokensAsked(visitor);
    await keyward.sql('UPDATE portal_sessions SET ended_at = now()');
    await createHere(page, 'build server');
    await dismissKey(page);
    await shows(page, 'build server');
    expect(tokensAsked(visitor)).toBe(before + 1);
    await button(page, 'Revoke build server').click();
    await button(page, 'Revoke key').click();
    await heading(page, 'No keys yet').waitFor();
  });

  test('W10: console 31: two elements work on one page; a removed one sends nothing, and works again when it returns', async () => {
    const visitor = await openProduct('grace');
    const { page, requests } = visitor;
    await page.clock.install();
    await page.evaluate(`(() => {
      const first = document.querySelector('keyward-keys');
      const second = first.cloneNode();
      second.getToken = first.getToken;
      first.after(second);
    })()`);
    await page.getByRole('heading', { name: 'API keys', exact: true }).nth(1).waitFor();
    await page.evaluate(`(() => {
      window.removed = [...document.querySelectorAll('keyward-keys')];
      for (const element of window.removed) element.remove();
    })()`);
    await page.waitForLoadState('networkidle');
    const before = requests.length;
    await page.clock.runFor(120_000);
    expect(requests.slice(before).map((request) => request.url())).toEqual([]);
    await page.evaluate(`document.querySelector('#keys').append(window.removed[0])`);
    await heading(page, 'API keys').waitFor();
    expect(requests.length).toBeGreaterThan(before);
  });

  test('W10: console 31: variables of the page change colour and radius, and rules of the page do not reach inside', async () => {
    const { page } = await openProduct();
    const create = button(page, 'Create key');
    const look = () =>
      create.evaluate((element) => {
        const { backgroundColor, borderRadius } = element.ownerDocument.defaultView.getComputedStyle(element);
        return [backgroundColor, borderRadius];
      });
    expect(await look()).toEqual(['rgb(76, 42, 133)', '3px']);
    const before = await create.boundingBox();
    await page.evaluate(`(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('* { all: unset } button { background: red !important; font-size: 40px !important }');
      document.adoptedStyleSheets = [sheet];
    })()`);
    expect((await look())?.toString()).toMatch(/^rgb\(10, 88, 202\)|^rgb\(76, 42, 133\)/);
    expect((await create.boundingBox())?.height).toBe(before?.height);
  });

  test('W10: console 31: shows only what the permissions and the features allow', async () => {
    const { page } = await openProduct('ada');
    await createHere(page, 'limited');
    await dismissKey(page);
    await button(page, 'Revoke limited').waitFor();
    await page.evaluate(`document.querySelector('keyward-keys').setAttribute('features', 'usage')`);
    await button(page, 'Create key').waitFor({ state: 'detached' });
    expect(await page.getByRole('button', { name: /^(?:Rotate|Revoke|Edit)/ }).count()).toBe(0);
    await page.evaluate(`document.querySelector('keyward-keys').setAttribute('features', 'revoke')`);
    await button(page, 'Revoke limited').waitFor();
  });

  test('W10: console 31: an origin that is not allowed gets a plain sentence, and its developer the reason', async () => {
    const visitor = await openProduct('ada');
    const { page, messages } = visitor;
    visitor.expectMessage(/CORS policy|ERR_FAILED|CORS_ORIGINS/);
    // The page of another port is another origin, for which no session was created.
    const other = await startProduct(keyward.url, 'none', await freePort());
    try {
      visitor.expectOrigin(other.url);
      await page.route(`${other.url}/portal-session`, (route) => route.fulfill({ json: { accessToken: 'token' } }));
      await page.goto(other.url);
      await shows(page, 'The server cannot be reached.');
      await holds(page, `window.events.some(([name]) => name === 'keyward-error')`);
      expect((await eventsOf(page)).find(([name]) => name === 'keyward-error')?.[1]).toMatchObject({ code: 'NETWORK' });
      const reason = 'This page isn’t allowed to use Keyward: its origin is missing in CORS_ORIGINS.';
      await eventually(() => expect(messages.join('\n')).toContain(reason), { withinMs: 5_000 });
    } finally {
      await other.stop();
    }
  });

  test('W10: console 31: properties that were set before the script arrived are used, and messages replace texts', async () => {
    const { page } = await openProduct('grace');
    await page.evaluate(`(() => {
      const element = document.querySelector('keyward-keys');
      element.messages = { keys: { title: 'Access for programs' } };
    })()`);
    await heading(page, 'Access for programs').waitFor();
  });

  test.each(['light', 'dark'] as const)(
    'W10: console 31: axe-core finds no problem in the %s theme, at 320 px nothing scrolls sideways',
    async (colorScheme) => {
      const { page } = await openProduct('ada', { colorScheme, viewport: { width: 320, height: 640 } });
      await createHere(page, 'build server of the second floor');
      expect(await axeProblems(page)).toEqual([]);
      await dismissKey(page);
      await keyRow(page, 'build server of the second floor').first().waitFor();
      expect(await axeProblems(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth')).toBe(true);
    },
  );

  test('W10: a product without accounts of its own shows in the console that the product manages the keys', async () => {
    const { page } = await keyward.open();
    await heading(page, 'Your product manages the keys').waitFor();
  });
});

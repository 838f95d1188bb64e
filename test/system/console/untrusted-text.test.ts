import { describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { manageConsole, type Person } from '../../support/console/console.js';
import { button, dialog, heading, holds, isTitled, link, shows } from '../../support/console/dialogs.js';
import { eventually } from '../../support/eventually.js';

const MARKUP = '<img src=x onerror="document.title=1">';
const NAMES = [
  MARKUP,
  `${'W'.repeat(100)}`,
  '\u{1F600}'.repeat(50),
  'invoice \u202Efdp.exe',
  '"); alert(1); ("',
  '=HYPERLINK("https://evil.example")',
];
const EVENTS = 250;

const keyward = manageConsole(() => ({ MAX_KEYS_PER_USER: '20' }));

/** The parts of a page that do not fit: text that is cut off without a scroll bar, and content wider than the window. */
const overflowOf = (page: Page) =>
  page.evaluate(`(() => {
    const root = document.documentElement;
    const wide = root.scrollWidth > root.clientWidth ? ['the page, ' + root.scrollWidth + ' px'] : [];
    const outside = [...document.querySelectorAll('main *')].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      // The heading of a table that is shown as cards is there for screen readers alone.
      const isHidden = element.closest('thead') !== null || getComputedStyle(element).position === 'absolute';
      return width > 0 && (right > innerWidth + 1 || left < -1) && !isHidden;
    });
    return [...wide, ...outside.map((element) => element.tagName + '.' + element.className)];
  })()`);

async function eventsOf(person: Person): Promise<Page> {
  await person.page.goto(`${keyward.url}/console/activity`);
  await person.page.getByRole('table', { name: 'Activity' }).waitFor();
  return person.page;
}

/** Presses "Show more" until the list is complete, and returns the number of its rows after each page. */
async function readAll(page: Page, table: string): Promise<string[]> {
  const rows = page.getByRole('table', { name: table }).locator('tbody tr');
  for (;;) {
    const count = await rows.count();
    const more = button(page, 'Show more');
    if ((await more.count()) === 0) return rows.allInnerTexts();
    await more.click();
    await holds(page, `document.querySelectorAll('tbody tr').length > ${count}`);
  }
}

/** Reloads the list of keys until the use of every key is in it. The server writes uses about every second. */
async function reloadUntilUsed(page: Page): Promise<void> {
  await eventually(
    async () => {
      await page.reload();
      await page.getByRole('table').waitFor();
      expect(await page.getByText('Never used').count()).toBe(0);
    },
    { withinMs: 20_000 },
  );
}

describe('lists and untrusted text of the console, in Chromium', () => {
  test.each([1280, 360])('W8: console 27: hostile names are text, and the layout holds at %d px', async (width) => {
    const person = await keyward.newPerson('', { viewport: { width, height: 800 } });
    const { page, newKey } = person;
    const keys = [];
    for (const name of NAMES) keys.push(await newKey({ name, scopes: ['s'.repeat(50)], metadata: { note: MARKUP } }));
    for (const { id, plaintext } of keys) {
      await keyward.verify(plaintext, { ipAddress: '203.0.113.7', userAgent: `${MARKUP}\u202E${'x'.repeat(200)}` });
      expect(id).toMatch(/-/);
    }
    await reloadUntilUsed(page);
    await shows(page, MARKUP);
    await shows(page, 'U+202E');
    expect(await page.locator('main img').count()).toBe(0);
    expect(await overflowOf(page)).toEqual([]);
    await isTitled(page, 'API keys');

    await page.getByRole('table').getByRole('link', { name: MARKUP }).click();
    await heading(page, MARKUP).waitFor();
    await shows(page, /"note":/);
    expect(await page.locator('main img').count()).toBe(0);
    await isTitled(page, MARKUP);
    expect(await overflowOf(page)).toEqual([]);
    await button(page, 'Revoke').click();
    const revoke = dialog(page, `Revoke ${MARKUP}?`);
    await revoke.getByLabel('Reason').fill(MARKUP);
    await revoke.getByLabel('Type the name of the key to confirm').fill(MARKUP);
    await button(revoke, 'Revoke key').click();
    await revoke.waitFor({ state: 'detached' });
    for (const view of ['History', 'Activity']) {
      await link(page, view).click();
      await heading(page, view).waitFor();
      await page.getByRole('table').waitFor();
      await shows(page, MARKUP);
      expect(await page.locator('main img').count()).toBe(0);
      expect(await overflowOf(page)).toEqual([]);
    }
  });

  test('W8: console 27: a name that cannot be typed is confirmed by its prefix', async () => {
    const { page, newKey } = await keyward.newPerson();
    const { plaintext, prefix } = await newKey({ name: 'invoice \u202Efdp.exe' });
    await keyward.verify(plaintext);
    await reloadUntilUsed(page);
    const title = 'invoice U+202Efdp.exe';
    await button(page, `Revoke ${title}`).click();
    const revoke = dialog(page, `Revoke ${title}?`);
    await revoke.getByLabel('Type the name of the key to confirm').fill(prefix);
    await button(revoke, 'Revoke key').click();
    await heading(page, 'No keys yet').waitFor();
  });

  test('console 23: history and activity page through 250 entries without doubles and gaps', async () => {
    const person = await keyward.newPerson();
    const [{ id } = { id: '' }] = await keyward.sql('SELECT id FROM users WHERE email = $1', [person.email]);
    await keyward.sql(
      `INSERT INTO audit_events (id, user_id, at, action, ip_address, user_agent)
       SELECT gen_random_uuid(), $1, timestamptz '2026-01-01' + (n / 3) * interval '1 minute', 'USER_SIGNED_IN', '203.0.113.7', 'program-' || n || '/1'
       FROM generate_series(1, $2::int) AS n`,
      [id, EVENTS],
    );
    await keyward.sql(
      `INSERT INTO api_keys (id, user_id, key_prefix, name, hashed_key, created_at, revoked_at)
       SELECT gen_random_uuid(), $1, 'amos_' || lpad(to_hex(n), 8, '0'), 'key-' || n || '.', 'x', timestamptz '2026-01-01' + (n / 3) * interval '1 minute',
              timestamptz '2026-02-01' + (n / 3) * interval '1 minute'
       FROM generate_series(1, $2::int) AS n`,
      [id, EVENTS],
    );
    const numbersOf = (rows: string[], pattern: RegExp) => rows.flatMap((row) => pattern.exec(row)?.[1] ?? []).map(Number);
    const all = Array.from({ length: EVENTS }, (_, index) => index + 1);
    const page = await eventsOf(person);
    const events = numbersOf(await readAll(page, 'Activity'), /program-(\d+)\/1/);
    expect(events.toSorted((a, b) => a - b)).toEqual(all);
    await link(page, 'History').click();
    await page.getByRole('table', { name: 'Revoked and expired keys' }).waitFor();
    const keys = numbersOf(await readAll(page, 'Revoked and expired keys'), /key-(\d+)\./);
    expect(keys.toSorted((a, b) => a - b)).toEqual(all);
  });

  test('console 23: every action has words of its own on the page', async () => {
    const person = await keyward.newPerson();
    type Enum = { __type: { enumValues: { name: string }[] } };
    const { __type } = await person.ask<Enum>('{ __type(name: "AuditAction") { enumValues { name } } }');
    const actions = __type.enumValues.map(({ name }) => name);
    expect(actions.length).toBeGreaterThan(20);
    const [{ id } = { id: '' }] = await keyward.sql('SELECT id FROM users WHERE email = $1', [person.email]);
    await keyward.sql(
      `INSERT INTO audit_events (id, user_id, at, action) SELECT gen_random_uuid(), $1, now() + interval '1 hour', action FROM unnest($2::text[]) AS action`,
      [id, actions],
    );
    const page = await eventsOf(person);
    const rows = await readAll(page, 'Activity');
    const words = rows.slice(0, actions.length).map((row) => row.split(/[\t\n]/)[0]);
    expect(new Set(words).size).toBe(actions.length);
    expect(words.filter((text) => /^[A-Z_]+$/.test(text ?? '') || text === '')).toEqual([]);
  });

  test('W8: console 23: the CSV holds what is loaded, and its cells are no formulas', async () => {
    const person = await keyward.newPerson();
    for (const name of ['=HYPERLINK("https://evil.example")', '+1', '-1', '@sum', 'a,"b"']) await person.newKey({ name });
    const page = await eventsOf(person);
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Download CSV').click()]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk));
    const csv = Buffer.concat(chunks).toString('utf8');
    expect(download.suggestedFilename()).toBe('activity.csv');
    expect(csv.split('\r\n')[0]).toBe('time,event,key,by,address,program,details');
    for (const cell of [`"'=HYPERLINK(""https://evil.example"")"`, `"'+1"`, `"'-1"`, `"'@sum"`, `"a,""b"""`]) expect(csv).toContain(cell);
    expect(csv).not.toMatch(/(?:^|,|\n)"?[=+@-]/);
  });

  test('console 23: the filter of the activity narrows the list to its group', async () => {
    const person = await keyward.newPerson();
    await person.newKey({ name: 'build server' });
    const page = await eventsOf(person);
    const rows = page.getByRole('table', { name: 'Activity' }).locator('tbody tr');
    await page.getByLabel('Show', { exact: true }).selectOption({ label: 'Keys' });
    await holds(page, `document.querySelectorAll('tbody tr').length === 1`);
    expect(await rows.innerText()).toMatch(/^Key created/);
    await page.getByLabel('From', { exact: true }).fill('2099-01-01');
    await shows(page, 'No events match.');
  });
});

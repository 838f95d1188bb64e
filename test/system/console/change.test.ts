import { describe, expect, test } from '@jest/globals';
import { manageConsole } from '../../support/console/console.js';
import {
  button,
  dialog,
  dismissKey,
  field,
  heading,
  keyRow,
  link,
  newKeyField,
  shownDialog,
  shows,
} from '../../support/console/dialogs.js';

const HOUR_MS = 3_600_000;
const KEY = 'query ($id: ID!) { apiKey(id: $id) { name scopes status revokedReason expiresAt replacedBy { id } } }';
const UPDATE = 'mutation ($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { apiKey { id } } }';

interface Answer {
  apiKey: {
    name: string;
    scopes: string[];
    status: string;
    revokedReason: string | null;
    expiresAt: string;
    replacedBy: { id: string } | null;
  };
}

const keyward = manageConsole();

/** Records verifications of a key, as the server would have counted them hours ago. */
async function recordUse(id: string, hours: { ago: number; allowed: number; revoked?: number; rateLimited?: number }[]): Promise<void> {
  const thisHour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  for (const { ago, allowed, revoked = 0, rateLimited = 0 } of hours) {
    const hour = new Date(thisHour - ago * HOUR_MS);
    await keyward.sql(
      `INSERT INTO api_key_usage (key_id, hour, allowed, refused, refused_revoked, refused_rate_limited, last_at, last_ip, last_user_agent)
       VALUES ($1, $2, $3, $4, $5, $6, $2, '203.0.113.7', 'curl/8.5')`,
      [id, hour, allowed, revoked + rateLimited, revoked, rateLimited],
    );
  }
}

describe('changing keys in the console, in Chromium', () => {
  test('console 17: editing sends only what changed, so two editors of different fields do not undo each other', async () => {
    const { page, newKey, ask, requests } = await keyward.newPerson();
    const { id } = await newKey({ name: 'build server', scopes: ['orders:read'] });
    await page.goto(`${keyward.url}/console/keys/${id}`);
    await button(page, 'Edit').click();
    await ask(UPDATE, { id, input: { scopes: ['orders:write'] } });
    const edit = dialog(page, 'Edit build server');
    await field(edit, 'Name').fill('release server');
    await button(edit, 'Save').click();
    await heading(page, 'release server').waitFor();
    expect((await ask<Answer>(KEY, { id })).apiKey).toMatchObject({ name: 'release server', scopes: ['orders:write'] });
    const bodies = requests.map((request) => request.postData() ?? '').filter((body) => body.includes('mutation UpdateKey'));
    expect(bodies.map((body) => JSON.parse(body).variables)).toEqual([{ id, input: { name: 'release server' } }]);
  });

  test('console 17: a conflict is shown, keeps the edits, and takes the other settings as they are now', async () => {
    const visitor = await keyward.newPerson();
    const { page, newKey, ask } = visitor;
    visitor.expectMessage(/status of 409/);
    const { id } = await newKey({ name: 'build server', scopes: ['orders:read'] });
    await page.goto(`${keyward.url}/console/keys/${id}`);
    await button(page, 'Edit').click();
    const edit = dialog(page, 'Edit build server');
    await field(edit, 'Name').fill('release server');
    await ask(UPDATE, { id, input: { scopes: ['orders:write'] } });
    let isFirst = true;
    await page.route('**/graphql', async (route) => {
      if (!isFirst || !route.request().postData()?.includes('mutation UpdateKey')) return route.fallback();
      isFirst = false;
      await route.fulfill({ status: 409, json: { errors: [{ message: 'conflict', extensions: { code: 'CONFLICT' } }] } });
    });
    await button(edit, 'Save').click();
    await shows(edit, /^The key was changed elsewhere\./);
    expect(await field(edit, 'Name').inputValue()).toBe('release server');
    expect(await field(edit, 'Scopes').inputValue()).toBe('orders:write');
    await button(edit, 'Save').click();
    await heading(page, 'release server').waitFor();
    expect((await ask<Answer>(KEY, { id })).apiKey.scopes).toEqual(['orders:write']);
  });

  test('console 18: rotating proposes a day, links both keys, shows the progress, and revokes the old key at once', async () => {
    const { page, newKey, ask } = await keyward.newPerson();
    const old = await newKey({ name: 'build server' });
    await page.reload();
    await button(page, 'Rotate build server').click();
    const rotate = dialog(page, 'Rotate build server');
    expect(await field(rotate, 'The old key goes on working for').inputValue()).toBe('86400');
    const before = Date.now();
    await button(rotate, 'Rotate key').click();
    await shownDialog(page).waitFor();
    const fresh = await newKeyField(page).inputValue();
    await dismissKey(page);
    const { apiKey } = await ask<Answer>(KEY, { id: old.id });
    expect(new Date(apiKey.expiresAt).getTime() - before).toBeGreaterThan(86_400_000 - 2_000);
    expect(new Date(apiKey.expiresAt).getTime() - Date.now()).toBeLessThan(86_400_000 + 2_000);
    expect([await keyward.verify(old.plaintext), await keyward.verify(fresh)]).toEqual(['VALID', 'VALID']);

    const oldRow = keyRow(page, 'Replaced by');
    await shows(oldRow, /^Ends in /);
    await link(oldRow, fresh.split('.')[0] ?? '').click();
    await heading(page, 'Rotation').waitFor();
    await shows(page, '50 % of calls use the new key');
    await keyward.verify(fresh);
    await keyward.verify(fresh);
    await shows(page, '75 % of calls use the new key');
    // The dialog asks for the name only if the page shows the old key as used.
    await shows(page, /^Last caller of the old key/);
    await button(page, 'Revoke the old key now').click();
    const revoke = dialog(page, 'Revoke build server?');
    await field(revoke, 'Type the name of the key to confirm').fill('build server');
    await button(revoke, 'Revoke key').click();
    await revoke.waitFor({ state: 'detached' });
    expect([await keyward.verify(old.plaintext), await keyward.verify(fresh)]).toEqual(['REVOKED', 'VALID']);
  });

  test('console 19: revoking a key in use shows its calls, needs its name, and binds the next verification', async () => {
    const { page, newKey, ask } = await keyward.newPerson();
    const { id, plaintext } = await newKey({ name: 'build server' });
    await recordUse(id, [
      { ago: 1, allowed: 1_200 },
      { ago: 30, allowed: 4 },
    ]);
    await page.reload();
    await button(page, 'Revoke build server').click();
    const revoke = dialog(page, 'Revoke build server?');
    await shows(revoke, /^1,204 calls were allowed in the last 7 days, the last call came .* from 203\.0\.113\.7 \(curl\/8\.5\)\./);
    await field(revoke, 'Reason').fill('the laptop was stolen');
    await button(revoke, 'Revoke key').click();
    await shows(revoke, 'This is not the name of the key.');
    expect(await keyward.verify(plaintext, { dryRun: true })).toBe('VALID');
    await field(revoke, 'Type the name of the key to confirm').fill('build server');
    await button(revoke, 'Revoke key').click();
    await heading(page, 'No keys yet').waitFor();
    const response = await fetch(`${keyward.url}/verify`, { headers: { 'x-api-key': plaintext } });
    expect(response.status).toBe(401);
    await link(page, 'History').click();
    await shows(page.getByRole('table', { name: 'Revoked and expired keys' }), 'the laptop was stolen');
    expect((await ask<Answer>(KEY, { id })).apiKey).toMatchObject({ status: 'REVOKED', revokedReason: 'the laptop was stolen' });
  });

  test('console 19: a key that was not used for a week needs one confirmation', async () => {
    const { page, newKey } = await keyward.newPerson();
    const unused = await newKey({ name: 'unused' });
    await recordUse(unused.id, [{ ago: 200, allowed: 7 }]);
    await page.reload();
    await button(page, 'Revoke unused').click();
    const revoke = dialog(page, 'Revoke unused?');
    await shows(revoke, 'It was not used in the last 7 days. This cannot be undone.');
    expect(await field(revoke, 'Type the name of the key to confirm').count()).toBe(0);
    await button(revoke, 'Keep it').click();
    await revoke.waitFor({ state: 'detached' });
    expect(await keyward.verify(unused.plaintext, { dryRun: true })).toBe('VALID');
  });

  test('console 20: switching off and on changes the verification, and the word on the page without a reload', async () => {
    const { page, newKey } = await keyward.newPerson();
    const { id, plaintext } = await newKey({ name: 'build server' });
    await page.goto(`${keyward.url}/console/keys/${id}`);
    await button(page, 'Switch off').click();
    await page.getByText('Off', { exact: true }).waitFor();
    expect(await keyward.verify(plaintext)).toBe('DISABLED');
    await button(page, 'Switch on').click();
    await page.getByText('Active', { exact: true }).waitFor();
    expect(await keyward.verify(plaintext)).toBe('VALID');
    await link(page, 'API keys').first().click();
    await button(page, 'Revoke build server').click();
    await button(page, 'Switch off instead').click();
    await keyRow(page, 'build server').getByText('Off', { exact: true }).waitFor();
    expect(await keyward.verify(plaintext)).toBe('DISABLED');
  });

  test('console 22: the bars add up to the usage, days without calls are zero, and the table holds the same numbers', async () => {
    const { page, newKey } = await keyward.newPerson();
    const { id } = await newKey({ name: 'build server' });
    await recordUse(id, [
      { ago: 0, allowed: 3, revoked: 1 },
      { ago: 49, allowed: 1_000, rateLimited: 20 },
      { ago: 24 * 20, allowed: 5 },
      { ago: 24 * 60, allowed: 900 },
    ]);
    await page.goto(`${keyward.url}/console/keys/${id}`);
    const bars = async () => {
      const values = await page
        .locator('g[data-allowed]')
        .evaluateAll((all) => all.map(({ dataset }) => [dataset.allowed, dataset.rejected]));
      return (values as [string, string][]).map(([allowed, rejected]) => [Number(allowed), Number(rejected)] as const);
    };
    const sum = (pairs: (readonly [number, number])[]) => pairs.reduce(([a, b], [c, d]) => [a + c, b + d] as const, [0, 0] as const);
    await page.getByRole('img', { name: 'Calls over time: 1,008 allowed, 21 rejected' }).waitFor();
    expect(await bars()).toHaveLength(30);
    expect(sum(await bars())).toEqual([1_008, 21]);
    expect((await bars()).filter(([allowed, rejected]) => allowed + rejected === 0)).toHaveLength(27);
    await shows(page, 'Rate limit exceeded');
    await shows(page, 'Key revoked');
    // Allowed and rejected calls differ without colour: the rejected ones are hatched.
    expect(await page.locator('g[data-rejected="20"] rect[fill^="url(#"]').count()).toBe(1);

    await button(page, 'Show as a table').click();
    const table = page.getByRole('table').filter({ hasText: 'Day (UTC)' });
    await table.waitFor();
    const cells = await table.locator('tbody tr').allInnerTexts();
    expect(cells.join('\n')).toMatch(/1,000\s+20/);
    for (const [name, count, allowed] of [
      ['Last 24 hours', 24, 3],
      ['7 days', 168, 1_003],
      ['90 days', 90, 1_908],
    ] as const) {
      await page.getByRole('radio', { name }).check();
      await page.getByRole('img', { name: new RegExp(`: ${allowed.toLocaleString('en')} allowed`) }).waitFor();
      expect(await bars()).toHaveLength(count);
      expect(sum(await bars())[0]).toBe(allowed);
    }
  });
});

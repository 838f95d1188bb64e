import { describe, expect, test } from '@jest/globals';
import { manageConsole } from '../../support/console/console.js';
import {
  button,
  createDialog,
  createKey,
  dismissKey,
  field,
  keyRow,
  newKeyField,
  openCreate,
  shownDialog,
  shows,
} from '../../support/console/dialogs.js';

const DAY_MS = 86_400_000;
const KEYS = '{ myApiKeys { id name expiresAt createdAt scopes allowedCidrs rateLimit { limit windowSeconds } metadata } }';

interface Key {
  id: string;
  name: string | null;
  expiresAt: string | null;
  createdAt: string;
  scopes: string[];
  allowedCidrs: string[];
  rateLimit: { limit: number; windowSeconds: number } | null;
  metadata: object;
}

const keyward = manageConsole();

/** Assigns a policy to the user, as `keyward policies` does. */
async function limitUser(email: string, policy: { keysMax?: number; scopes?: string[]; lifetimeDaysMax?: number }): Promise<void> {
  const { keysMax = null, scopes = null, lifetimeDaysMax = null } = policy;
  const [{ id } = { id: '' }] = await keyward.sql(
    `INSERT INTO policies (id, name, keys_max, limits_scopes, scopes, key_lifetime_days_max, created_at)
     VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, now()) RETURNING id`,
    [email, keysMax, scopes !== null, scopes ?? [], lifetimeDaysMax],
  );
  await keyward.sql('UPDATE users SET policy_id = $2 WHERE email = $1', [email, id]);
}

describe('keys in the console, in Chromium', () => {
  test('console 11: a key with a name alone verifies, is first in the list, and counts', async () => {
    const { page, newKey } = await keyward.newPerson();
    await newKey({ name: 'older' });
    await page.reload();
    const plaintext = await createKey(page, 'build server');
    expect(await keyward.verify(plaintext, { dryRun: true })).toBe('VALID');
    await dismissKey(page);
    const rows = page.getByRole('table', { name: 'API keys' }).getByRole('rowheader');
    await keyRow(page, 'build server').waitFor();
    expect(await rows.first().innerText()).toContain('build server');
    expect(await rows.first().innerText()).toContain(`${plaintext.split('.')[0]}…`);
    await shows(page, /^2 of \d+ used$/);
  });

  test('console 11: shows the first use of the new key while its dialog is open', async () => {
    const { page } = await keyward.newPerson();
    const plaintext = await createKey(page, 'build server');
    await shows(page, 'Waiting for the first use…');
    expect(await keyward.verify(plaintext, { ipAddress: '203.0.113.7', userAgent: 'curl/8.5' })).toBe('VALID');
    await shows(shownDialog(page), /First seen/);
    await shows(shownDialog(page), /from 203\.0\.113\.7, curl\/8\.5/);
    await dismissKey(page);
  });

  test('console 15: a preset counts from the submission, and a date in the past is rejected before it is sent', async () => {
    const { page, ask, requests } = await keyward.newPerson();
    const dialog = await openCreate(page);
    expect(await field(dialog, 'Expires').inputValue()).toBe('90');
    await field(dialog, 'Expires').selectOption('30');
    const before = Date.now();
    await button(dialog, 'Create').click();
    await shownDialog(page).waitFor();
    const [key] = (await ask<{ myApiKeys: Key[] }>(KEYS)).myApiKeys;
    const end = new Date(key?.expiresAt ?? 0).getTime() - 30 * DAY_MS;
    expect(end).toBeGreaterThanOrEqual(before - 2_000);
    expect(end).toBeLessThanOrEqual(Date.now() + 2_000);
    await dismissKey(page);

    const sent = requests.length;
    await openCreate(page);
    await field(createDialog(page), 'Expires').selectOption('date');
    await field(createDialog(page), 'Date').fill('2001-02-03');
    await button(createDialog(page), 'Create').click();
    await shows(createDialog(page), 'Choose a date in the future.');
    expect(requests.slice(sent).filter((request) => request.postData()?.includes('createApiKey'))).toEqual([]);
  });

  test('console 15: an error of the server stands at its field, which has the focus, and the other fields keep their text', async () => {
    const visitor = await keyward.newPerson();
    visitor.expectMessage(/status of 400/);
    const dialog = await openCreate(visitor.page);
    await field(dialog, 'Name').fill('build server');
    await field(dialog, 'Scopes').fill('orders:read\norders:write');
    await dialog.getByText('More limits').click();
    await field(dialog, 'Allowed addresses').fill('10.0.0.0/33');
    await button(dialog, 'Create').click();
    const cidrs = dialog.locator('textarea[name=allowedCidrs]');
    await dialog.locator('textarea[name=allowedCidrs][aria-invalid=true]:focus').waitFor();
    expect(await cidrs.getAttribute('aria-describedby')).toMatch(/-error/);
    expect(await field(dialog, 'Name').inputValue()).toBe('build server');
    expect(await field(dialog, 'Scopes').inputValue()).toBe('orders:read\norders:write');
    await cidrs.fill('10.0.0.0/8');
    await button(dialog, 'Create').click();
    await shownDialog(visitor.page).waitFor();
    const [key] = (await visitor.ask<{ myApiKeys: Key[] }>(KEYS)).myApiKeys;
    expect(key).toMatchObject({ name: 'build server', scopes: ['orders:read', 'orders:write'], allowedCidrs: ['10.0.0.0/8'] });
  });

  test('console 15: offers only what the policy permits, and says why', async () => {
    const { page, email, ask } = await keyward.newPerson();
    await limitUser(email, { scopes: ['orders:read', 'orders:write'], lifetimeDaysMax: 30 });
    await page.reload();
    const dialog = await openCreate(page);
    expect(await dialog.locator('fieldset').getByRole('checkbox').count()).toBe(2);
    await shows(dialog, 'Only scopes that your plan permits are offered.');
    await shows(dialog, /Keys can work for at most 30 days here\./);
    expect(await field(dialog, 'Expires').locator('option').allInnerTexts()).toEqual(['7 days', '30 days', 'On a date']);
    await dialog.getByRole('checkbox', { name: 'orders:read' }).check();
    await button(dialog, 'Create').click();
    await shownDialog(page).waitFor();
    expect((await ask<{ myApiKeys: Key[] }>(KEYS)).myApiKeys[0]?.scopes).toEqual(['orders:read']);
  });

  test('console 16: a limit of 100 calls per minute arrives as it is, and notes that are no object are rejected in place', async () => {
    const { page, ask } = await keyward.newPerson();
    const dialog = await openCreate(page);
    await dialog.getByText('More limits').click();
    await dialog.getByRole('checkbox', { name: 'Limit how often it may be used' }).check();
    await field(dialog, 'Calls').fill('100');
    await field(dialog, 'Per').selectOption({ label: 'minute' });
    for (const notes of ['[1, 2]', '"text"', '{team: 1}', 'null']) {
      await field(dialog, 'Notes (JSON)').fill(notes);
      await button(dialog, 'Create').click();
      await shows(dialog, 'Enter a JSON object, such as {"team": "billing"}.');
    }
    await field(dialog, 'Notes (JSON)').fill('{"team": "billing"}');
    await button(dialog, 'Create').click();
    await shownDialog(page).waitFor();
    const [key] = (await ask<{ myApiKeys: Key[] }>(KEYS)).myApiKeys;
    expect(key).toMatchObject({ rateLimit: { limit: 100, windowSeconds: 60 }, metadata: { team: 'billing' } });
  });

  test('console 21: at the limit, "Create key" is disabled and says why; a revoked key frees its place', async () => {
    const { page, email, newKey } = await keyward.newPerson();
    await newKey({ name: 'first' });
    await newKey({ name: 'second' });
    await limitUser(email, { keysMax: 2 });
    await page.reload();
    const create = button(page, 'Create key');
    await shows(page, '2 of 2 used. Revoke a key to create another.');
    expect(await create.getAttribute('aria-disabled')).toBe('true');
    const reason = page.locator(`[id="${await create.getAttribute('aria-describedby')}"]`);
    expect(await reason.innerText()).toBe('2 of 2 used. Revoke a key to create another.');
    // Playwright would wait until the button is enabled.
    await create.click({ force: true });
    expect(await createDialog(page).count()).toBe(0);
    await button(page, 'Revoke first').click();
    await button(page, 'Revoke key').click();
    await shows(page, '1 of 2 used');
    await createKey(page, 'third');
    expect(await newKeyField(page).inputValue()).toMatch(/^amos_/);
  });
});

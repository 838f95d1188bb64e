import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PRESETS } from '../../src/import/presets/presets.js';
import { newDatabase, runSql } from '../support/database.js';
import { DOORS } from '../support/doors.js';
import { fixtureOf, importByCommand } from '../support/imports.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let database: { databaseUrl: string; appSecret: Buffer };
beforeEach(async () => {
  database = { databaseUrl: await newDatabase(), appSecret: randomBytes(32) };
  app = await startTestApp({ databaseUrl: database.databaseUrl, appSecrets: [database.appSecret] });
});
afterEach(() => app.close());

const codesOf = (key: string) => Promise.all(Object.values(DOORS).map(async (verify) => (await verify(app, { key })).code));
const changed = (key: string) => `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`;

describe.each(PRESETS.map(({ name }) => name))('the preset %s', (name) => {
  test('imports the rows of the system, and their keys are valid as they are, from the next verification of a running server', async () => {
    const { keys, rows } = await fixtureOf(name);
    for (const key of keys) expect(await codesOf(key)).toEqual(['MALFORMED', 'MALFORMED']);

    const dryRun = await importByCommand(database, rows, ['--preset', name, '--dry-run']);
    expect(dryRun).toMatchObject({ code: 0, stderr: '' });
    for (const key of keys) expect(await codesOf(key)).toEqual(['MALFORMED', 'MALFORMED']);

    const first = await importByCommand(database, rows, ['--preset', name]);
    expect(first).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('2 lines: 2 imported') });
    for (const key of keys) {
      for (const _use of ['first', 'later']) expect(await codesOf(key)).toEqual(['VALID', 'VALID']);
      // A wrong secret and an unknown text.
      expect(await codesOf(changed(key))).toEqual(['NOT_FOUND', 'NOT_FOUND']);
      expect(await codesOf(`unknown${key.slice(7)}`)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    }
    const again = await importByCommand(database, rows, ['--preset', name]);
    expect(again).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('0 imported, 2 already present') });
  });

  test('gives each key a unique key prefix of Keyward, and its owner by external ID', async () => {
    const { rows } = await fixtureOf(name);
    await importByCommand(database, rows, ['--preset', name]);
    const stored = await runSql<{ key_prefix: string; external_id: string; email: null }>(
      database.databaseUrl,
      'SELECT key_prefix, external_id, email FROM api_keys JOIN users ON users.id = user_id',
    );
    expect(new Set(stored.map(({ key_prefix }) => key_prefix)).size).toBe(2);
    for (const { key_prefix, external_id, email } of stored) {
      expect(key_prefix).toMatch(/^amos_[0-9a-f]{8}$/);
      expect([typeof external_id, email]).toEqual(['string', null]);
    }
  });
});

describe('a preset', () => {
  const imported = () => app.database.apiKey.findMany({ orderBy: { name: 'asc' }, include: { user: true } });

  test('imports the settings of Better Auth', async () => {
    const { keys, rows } = await fixtureOf('better-auth');
    await importByCommand(database, rows, ['--preset', 'better-auth']);
    const [full, bare] = await imported();
    expect(full).toMatchObject({
      name: 'build server',
      displayPrefix: keys[0].slice(0, 6),
      scopes: ['files:read', 'files:write'],
      metadata: { plan: 'pro' },
      rateLimit: 100,
      rateLimitWindowSeconds: 60,
      createdAt: new Date(String(rows[0]?.createdAt)),
      expiresAt: new Date(String(rows[0]?.expiresAt)),
      user: { externalId: rows[0]?.referenceId },
    });
    expect(bare).toMatchObject({ name: null, scopes: [], metadata: {}, rateLimit: null, expiresAt: null, enabled: true });
  });

  test('imports the settings of Unkey', async () => {
    const { keys, rows } = await fixtureOf('unkey');
    await importByCommand(database, rows, ['--preset', 'unkey']);
    const [full, bare] = await imported();
    expect(full).toMatchObject({
      displayPrefix: keys[0].slice(0, 9),
      scopes: ['orders.read'],
      metadata: { plan: 'pro' },
      rateLimit: 100,
      rateLimitWindowSeconds: 60,
      createdAt: new Date(1_769_860_800_000),
      expiresAt: new Date(1_900_000_000_000),
      user: { externalId: 'user_1' },
    });
    expect(bare).toMatchObject({ name: null, scopes: [], rateLimit: null, expiresAt: null });
  });

  test('imports the abilities of Sanctum, and gives * the scopes that the operator names', async () => {
    const { rows } = await fixtureOf('sanctum');
    await importByCommand(database, rows, ['--preset', 'sanctum', '--wildcard-scopes', 'orders:*, invoices:read']);
    const stored = await imported();
    expect(stored.map(({ scopes }) => scopes)).toEqual([
      ['orders:read', 'orders:write'],
      ['orders:*', 'invoices:read'],
    ]);
    expect(stored[0]).toMatchObject({ displayPrefix: null, user: { externalId: '7' } });
  });

  test('of Sanctum imports the part after the |, and a token with its ID stays MALFORMED', async () => {
    const { keys, rows } = await fixtureOf('sanctum');
    await importByCommand(database, rows, ['--preset', 'sanctum']);
    expect(await codesOf(`1|${keys[0]}`)).toEqual(['MALFORMED', 'MALFORMED']);
  });

  test.each([
    ['better-auth', { key: 'x', referenceId: 'u', remaining: 5 }, 'remaining cannot be imported: a key of Keyward has no number of uses'],
    ['better-auth', { key: 'x', referenceId: 'u' }, 'hash must be 32 bytes in base64url'],
    ['unkey', { hash: 'x', ownerId: 'u', ratelimits: [{}, {}] }, 'ratelimits must be a list of at most one limit'],
    ['unkey', { hash: 'x', credits: { remaining: 1 } }, 'credits cannot be imported: a key of Keyward has no number of uses'],
    ['prefixed-api-key', { longTokenHash: 'x' }, 'shortToken is missing'],
    ['sanctum', { token: 'x' }, 'email or externalId is missing; hash must be 64 hexadecimal digits'],
    [
      'django-rest-framework-api-key',
      { hashed_key: 'pbkdf2_sha256$1$a$b' },
      'hashed_key must be sha512$$ and 128 hexadecimal digits (version 3 of the package)',
    ],
  ])('%s rejects a row that cannot be imported, with its reason', async (name, row, reason) => {
    expect(await importByCommand(database, [row], ['--preset', name])).toMatchObject({ code: 1, stderr: `line 1: ${reason}\n` });
  });
});

import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { Registry } from 'prom-client';
import { createLogger } from '../../src/platform/logger.js';
import { migrate } from '../../src/runtime/migrations.js';
import { CachedLookup } from '../../src/verification/cache/cached-lookup.js';
import { createVerificationPool } from '../../src/verification/key-lookup.js';
import { runSql } from '../support/database.js';
import { type DebianPostgres, startDebianPostgres } from '../support/debian-postgres.js';

const digest = createHash('sha256').update('key').digest();
const logger = createLogger('silent');

let database: DebianPostgres;
let pool: pg.Pool;
let lookup: CachedLookup<{ name: string | null }>;
beforeAll(async () => {
  database = await startDebianPostgres();
  await migrate(database.url, logger);
  pool = createVerificationPool(database.url, logger);
  lookup = new CachedLookup({
    url: database.url,
    pool,
    logger,
    metrics: new Registry(),
    keysMax: 10,
    install: (found) => ({ name: 'name' in found ? found.name : null }),
  });
});
afterAll(async () => {
  await lookup.close();
  await pool.end();
  database.stop();
});

const rename = (name: string) => runSql(database.url, 'UPDATE api_keys SET name = $1', [name]);

/** Returns the name of the key, or the error of the lookup. */
const find = (): Promise<string | null> =>
  lookup.load(digest.toString('hex')).then(
    (key) => key?.name ?? null,
    (error: Error) => (error.cause instanceof Error ? error.cause.message : error.message),
  );

/** Asks until a server answers. */
async function nameOfKey(): Promise<string | null> {
  for (;;) {
    const name = await find();
    if (name === null || /^name /.test(name)) return name;
  }
}

test('F1: a process answers 503 on a standby, and after its promotion as the new primary has it, without what it cached before', async () => {
  await runSql(database.url, 'INSERT INTO users (id, external_id, created_at) VALUES ($1, $2, now())', [randomUUID(), 'owner']);
  await runSql(
    database.url,
    `INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, fingerprint, created_at) SELECT $1, id, 'p', 'h', $2, now() FROM users`,
    [randomUUID(), digest],
  );
  await rename('name 1');
  expect(await find()).toBe('name 1');
  database.copyData();
  expect(await nameOfKey()).toBe('name 1');
  await rename('name 2, which the standby does not have');
  expect(await nameOfKey()).toBe('name 2, which the standby does not have');
  expect(await nameOfKey()).toBe('name 2, which the standby does not have');

  database.failOver();
  const errors = new Set<string | null>();
  while (!errors.has('standby')) errors.add(await find());
  for (let count = 0; count < 20; count += 1) errors.add(await find());
  expect([...errors].filter((error) => error === null || error.startsWith('name'))).toEqual([]);

  database.promote();
  // The change gets the number of the change that was lost.
  await runSql(database.url, `UPDATE users SET disabled_at = now()`);
  expect(await nameOfKey()).toBe('name 1');
});

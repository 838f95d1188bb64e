import { createHash, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { Registry } from 'prom-client';
import { createPool, type Pool } from '../../../src/platform/database/pool.js';
import { toKeywardError } from '../../../src/platform/errors/to-keyward-error.js';
import { createLogger } from '../../../src/platform/logger.js';
import { CachedLookup, errorOf } from '../../../src/verification/cache/cached-lookup.js';
import { Unavailable } from '../../../src/verification/cache/protocol.js';
import { pruneChanges } from '../../../src/verification/cache/pruning.queries.js';
import { dropDatabase, newDatabase } from '../../support/database.js';

const digest = (name: string): Buffer => createHash('sha256').update(name).digest();
const fingerprintOf = (name: string): string => digest(name).toString('hex');

let url: string;
let pool: Pool;
let client: pg.Client;
let metrics: Registry;
let lines: string[];
let lookup: CachedLookup<{ isEnabled: boolean }>;
beforeEach(async () => {
  url = await newDatabase();
  lines = [];
  const logger = createLogger('debug', { write: (line) => void lines.push(line) });
  const timeoutsMs = { connect: 1_500, lock: 1_000, statement: 1_500, query: 2_000 };
  pool = createPool(url, logger, { applicationName: 'test', connectionsMax: 2, timeoutsMs });
  client = new pg.Client({ connectionString: url });
  await client.connect();
  metrics = new Registry();
  lookup = new CachedLookup({
    url,
    pool,
    logger,
    metrics,
    keysMax: 100,
    install: (record) => ({ isEnabled: 'enabled' in record && record.enabled }),
  });
  await client.query(`INSERT INTO users (id, external_id, created_at) VALUES ($1, 'owner', now())`, [randomUUID()]);
  for (const name of ['one', 'two']) {
    await client.query(
      `INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, fingerprint, created_at) SELECT $1, id, $2, 'h', $3, now() FROM users`,
      [randomUUID(), name, digest(name)],
    );
  }
});
afterEach(async () => {
  await lookup.close();
  await pool.end();
  await client.end();
  await dropDatabase(url);
});

/** Waits until the checks of both new connections are over. */
async function bothConnected(): Promise<void> {
  while (!lookup.isConnected) await new Promise(setImmediate);
}

const find = (name: string) => lookup.load(fingerprintOf(name));

/** Returns the value of a metric of the cache. */
const metric = async (name: string) => (await metrics.getSingleMetric(`keyward_verification_cache_${name}`)?.get())?.values[0]?.value ?? 0;

/** Returns how much the counters grow while `action` runs. */
async function growth(action: () => Promise<unknown>): Promise<Record<string, number>> {
  const names = ['hits', 'misses', 'reads', 'resets'];
  const read = () => Promise.all(names.map((name) => metric(`${name}_total`)));
  const before = await read();
  await action();
  const after = await read();
  return Object.fromEntries(names.map((name, index) => [name, (after[index] ?? 0) - (before[index] ?? 0)]));
}

/** Ends the connections that read, as a failover or an administrator does. */
const terminate = () =>
  client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ 'verification (changes|rows)'`,
  );

/** Asks until there is an answer. A verification in flight fails with the error of its connection. */
async function eventually(name: string): Promise<{ isEnabled: boolean } | null> {
  for (;;) {
    try {
      return await find(name);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
  }
}

describe('the cached lookup', () => {
  test('reads the database once for all verifications of an event-loop turn', async () => {
    await Promise.all([find('one'), find('two'), find('unknown')]);
    const grown = await growth(() => Promise.all(Array.from({ length: 500 }, (_, n) => find(n % 2 ? 'one' : 'two'))));
    expect(grown).toEqual({ hits: 500, misses: 0, reads: 1, resets: 0 });
    expect(await growth(() => find('unknown'))).toMatchObject({ misses: 1, reads: 1 });
    expect(await metric('keys')).toBe(2);
  });

  test('answers for cached keys while a lock delays rows', async () => {
    while (!lookup.isConnected) await find('one');
    await client.query('BEGIN; LOCK TABLE api_keys');
    const delayed = find('two').catch((error) => error.code);
    for (let count = 0; count < 20; count += 1) expect(await find('one')).toEqual({ isEnabled: true });
    expect(await delayed).toBe('55P03');
    await client.query('ROLLBACK');
    expect(await eventually('two')).toEqual({ isEnabled: true });
  });

  test('keeps the cache when its connections are lost, and follows what changed meanwhile', async () => {
    await Promise.all([find('one'), find('two')]);
    const grown = await growth(async () => {
      await terminate();
      await client.query(`UPDATE api_keys SET enabled = false WHERE key_prefix = 'one'`);
      expect(await eventually('two')).toEqual({ isEnabled: true });
      expect(await eventually('one')).toEqual({ isEnabled: false });
    });
    expect(grown).toMatchObject({ hits: 1, misses: 1, resets: 0 });
  });

  test('reads every row while a trigger is disabled, logs a warning, and uses the cache again afterwards', async () => {
    await find('one');
    await bothConnected();
    expect(await metric('enabled')).toBe(1);
    await client.query('ALTER TABLE api_keys DISABLE TRIGGER api_keys_verification_update');
    await lookup.check();
    expect([await metric('enabled'), await metric('keys')]).toEqual([0, 0]);
    expect(lines.join('')).toContain('verification cache is not used: triggers are missing or disabled');
    await find('one');
    await client.query('UPDATE api_keys SET enabled = false');
    expect(await find('one')).toEqual({ isEnabled: false });
    await client.query('ALTER TABLE api_keys ENABLE ALWAYS TRIGGER api_keys_verification_update');
    await lookup.check();
    expect(await growth(async () => [await find('one'), await find('one')])).toMatchObject({ hits: 1, misses: 1 });
  });

  test('checks the triggers on each new connection, and serves without the table of changes', async () => {
    await find('one');
    await client.query('DROP TABLE verification_changes');
    expect(await eventually('one')).toEqual({ isEnabled: true });
    expect(await metric('enabled')).toBe(0);
  });

  test('empties the cache if the function of the triggers was replaced', async () => {
    await find('one');
    await bothConnected();
    expect(await growth(() => lookup.check())).toMatchObject({ resets: 0 });
    await client.query(`CREATE OR REPLACE FUNCTION record_verification_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
      SET search_path = pg_catalog AS $$ BEGIN RETURN NULL; END $$`);
    expect(await growth(() => lookup.check())).toMatchObject({ resets: 1 });
  });

  test('is unavailable without waiting for the deadline if the database cannot be reached, and after it was closed', async () => {
    const port = Object.assign(new URL(url), { hostname: '127.0.0.1', port: '1', search: '' }).href;
    const logger = createLogger('silent');
    const unreachable = new CachedLookup({ url: port, pool, logger, metrics: new Registry(), keysMax: 1, install: () => ({}) });
    // At the deadline, the code would be SERVICE_UNAVAILABLE.
    await expect(unreachable.load(fingerprintOf('one'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const waiting = unreachable.load(fingerprintOf('one'));
    await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' }), unreachable.close()]);
  });
});

describe('pruning', () => {
  const seqs = async () =>
    (await client.query<{ seq: string }>('SELECT seq FROM verification_changes ORDER BY seq')).rows.map(({ seq }) => Number(seq));

  test('removes changes older than an hour, except the newest one, from any number of processes at once', async () => {
    for (const isEnabled of [false, true, false]) await client.query('UPDATE api_keys SET enabled = $1', [isEnabled]);
    const before = await seqs();
    await pruneChanges(pool);
    expect(await seqs()).toEqual(before);
    await client.query(`UPDATE verification_changes SET at = now() - interval '61 minutes' WHERE seq < $1`, [before.at(-2)]);
    await Promise.all([pruneChanges(pool), pruneChanges(pool)]);
    expect(await seqs()).toEqual(before.slice(-2));
    await client.query(`UPDATE verification_changes SET at = now() - interval '61 minutes'`);
    await pruneChanges(pool);
    expect(await seqs()).toEqual(before.slice(-1));
  });

  test('empties the cache of a process that read no change since', async () => {
    await find('one');
    await client.query('UPDATE api_keys SET enabled = false');
    await client.query(`UPDATE verification_changes SET at = now() - interval '61 minutes'`);
    await pruneChanges(pool);
    const grown = await growth(async () => expect(await find('one')).toEqual({ isEnabled: false }));
    expect(grown).toMatchObject({ hits: 0, resets: 1 });
  });
});

test('F1: a lookup without an answer is SERVICE_UNAVAILABLE, whatever ended its connection, unless PostgreSQL rejected the read', () => {
  const destroyed = Object.assign(new Error('Cannot call write after a stream was destroyed'), { code: 'ERR_STREAM_DESTROYED' });
  for (const cause of [destroyed, new TypeError('socket is null'), undefined]) {
    expect(toKeywardError(errorOf(new Unavailable('no connection', cause)))).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  }
  const rejected = new pg.DatabaseError('relation "api_keys" does not exist', 0, 'error');
  expect(errorOf(new Unavailable('no connection', rejected))).toBe(rejected);
});

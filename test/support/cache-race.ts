import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { Registry } from 'prom-client';
import { createPool } from '../../src/platform/database/pool.js';
import { createLogger } from '../../src/platform/logger.js';
import { CachedLookup } from '../../src/verification/cache/cached-lookup.js';
import { Entries } from '../../src/verification/cache/entries.js';
import type { FoundKey } from '../../src/verification/key-entry.js';
import { Random } from './faults/random.js';

const TRIES_MAX = 20;
const OWNERS = 4;
const KEYS_PER_OWNER = 3;
const logger = createLogger('silent');

const digest = (name: string): Buffer => createHash('sha256').update(name).digest();
const NAMES = Array.from({ length: OWNERS * KEYS_PER_OWNER }, (_, n) => `key ${n}`);
const FINGERPRINTS = NAMES.map((name) => digest(name).toString('hex'));
/** Keys that only the background asks about and changes, so that it moves the position and fills the cache. */
const CROWD = Array.from({ length: 1_200 }, (_, n) => `crowd ${n}`);

const stateOf = ({ id, enabled, name, ownerDisabledAt, policy }: FoundKey): string =>
  [
    id,
    enabled ? 't' : 'f',
    ...(name === null ? [] : [name]),
    ownerDisabledAt === null ? 't' : 'f',
    ...(policy ? [policy.id, policy.keysMax] : []),
  ].join(' ');

/**
 * Asks again while there is no answer: on a busy machine, a lock of a large change can last longer than a read may wait. An answer
 * that is missing is never a wrong one.
 */
async function load(lookup: CachedLookup<FoundKey>, fingerprint: string): Promise<FoundKey | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await lookup.load(fingerprint);
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
    }
  }
}

/** Returns false for a deadlock, so that the statement is sent again. */
function isDeadlock(error: unknown): false {
  if ((error as { code?: string }).code === '40P01') return false;
  throw error;
}

class UnfollowingEntries extends Entries<FoundKey> {
  override drop(): void {}
}

type Change = (random: Random, count: number) => Promise<unknown>;

/** The result of a race. */
interface RaceResult {
  /** Number of answers that did not show the committed state, by the kind of the change before them. */
  wrong: Readonly<Record<string, number>>;
  /** Number of answers from memory. */
  hits: number;
}

/** Changes keys by plain SQL, and asks caches in two replicas right after each change was acknowledged. */
export interface CacheRace {
  run(changes: number, seedNumber: number): Promise<RaceResult>;
  /** Returns the number of outdated answers of a cache that does not follow the changes. */
  countOutdated(seedNumber: number): Promise<number>;
  close(): Promise<void>;
}

/** Prepares a race on a database with the migrations of Keyward. */
export async function openCacheRace(url: string): Promise<CacheRace> {
  const replicas: CachedLookup<FoundKey>[] = [];
  const pool = createPool(url, logger, {
    applicationName: 'race',
    connectionsMax: 4,
    timeoutsMs: { connect: 5_000, lock: 5_000, statement: 5_000, query: 6_000 },
  });
  const writer = new pg.Client({ connectionString: url });
  await writer.connect();

  const metrics = new Registry();

  function newReplica(entries?: Entries<FoundKey>): CachedLookup<FoundKey> {
    metrics.clear();
    const options = { url, pool, logger, metrics, keysMax: 1_000, install: (record: FoundKey) => record };
    const replica = new CachedLookup({ ...options, ...(entries && { entries }) });
    replicas.push(replica);
    return replica;
  }

  /** Creates the owners and keys that do not exist. */
  async function seed(): Promise<void> {
    for (let owner = 0; owner < OWNERS; owner += 1) {
      await writer.query('INSERT INTO users (id, external_id, created_at) VALUES ($1, $2, now()) ON CONFLICT DO NOTHING', [
        randomUUID(),
        `owner ${owner}`,
      ]);
    }
    for (const [index, name] of NAMES.entries()) {
      await writer.query(
        `INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, fingerprint, created_at)
       SELECT $1, id, $2, 'h', $3, now() FROM users WHERE external_id = $4 ON CONFLICT DO NOTHING`,
        [randomUUID(), name, digest(name), `owner ${index % OWNERS}`],
      );
    }
  }

  async function seedCrowd(): Promise<void> {
    await writer.query(`INSERT INTO users (id, external_id, created_at) VALUES ($1, 'crowd', now()) ON CONFLICT DO NOTHING`, [
      randomUUID(),
    ]);
    await writer.query(
      `INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, fingerprint, created_at)
     SELECT gen_random_uuid(), u.id, name, 'h', sha256(name::bytea), now() FROM unnest($1::text[]) name, users u
     WHERE u.external_id = 'crowd' ON CONFLICT DO NOTHING`,
      [CROWD],
    );
  }

  /** Returns what the database has committed, by fingerprint. */
  async function committed(): Promise<Map<string, string>> {
    const { rows } = await writer.query<{ fingerprint: string; state: string }>(`
    SELECT encode(k.fingerprint, 'hex') AS fingerprint, concat_ws(' ', k.id, k.enabled, k.name, u.disabled_at IS NULL, p.id, p.keys_max) AS state
    FROM api_keys k JOIN users u ON u.id = k.user_id
    LEFT JOIN policies p ON p.name = 'free' AND u.policy_id = p.id OR p.name = 'default' AND u.policy_id IS NULL`);
    return new Map(rows.map(({ fingerprint, state }) => [fingerprint, state]));
  }

  /** Creates or changes a policy. */
  const setPolicy = (name: string, keysMax: number) =>
    writer.query(
      `INSERT INTO policies (id, name, keys_max, created_at) VALUES (gen_random_uuid(), $1, $2, now())
       ON CONFLICT (name) DO UPDATE SET keys_max = excluded.keys_max`,
      [name, keysMax],
    );

  const owner = (random: Random) => `owner ${random.pick([0, 1, 2, 3])}`;
  const toggle = (name: string) => writer.query('UPDATE api_keys SET enabled = NOT enabled WHERE key_prefix = $1', [name]);

  const CHANGES_BY_NAME: Record<string, Change> = {
    'one key': (random) => toggle(random.pick(NAMES)),
    'the name of a key': (random, count) =>
      writer.query('UPDATE api_keys SET name = $2 WHERE key_prefix = $1', [random.pick(NAMES), `n${count}`]),
    'an owner': (random) =>
      writer.query(`UPDATE users SET disabled_at = CASE WHEN disabled_at IS NULL THEN now() END WHERE external_id = $1`, [owner(random)]),
    'a key and, in a savepoint that is rolled back, another one': async (random) => {
      await writer.query('BEGIN');
      await toggle(random.pick(NAMES));
      await writer.query('SAVEPOINT s');
      await toggle(random.pick(NAMES));
      await writer.query('ROLLBACK TO s');
      await writer.query('COMMIT');
    },
    'a savepoint that is released': async (random) => {
      await writer.query('BEGIN; SAVEPOINT s');
      await toggle(random.pick(NAMES));
      await writer.query('RELEASE s; COMMIT');
    },
    'a transaction that is rolled back': async (random) => {
      await writer.query('BEGIN');
      await toggle(random.pick(NAMES));
      await writer.query('ROLLBACK');
    },
    'a deleted key': (random) => writer.query('DELETE FROM api_keys WHERE key_prefix = $1', [random.pick(NAMES)]),
    'a deleted user with all keys': (random) => writer.query('DELETE FROM users WHERE external_id = $1', [owner(random)]),
    'a key that moves to another fingerprint and back': async (random) => {
      const name = random.pick(NAMES);
      await writer.query('UPDATE api_keys SET fingerprint = $2 WHERE key_prefix = $1', [name, digest(randomUUID())]);
      await writer.query('UPDATE api_keys SET fingerprint = $2, enabled = NOT enabled WHERE key_prefix = $1', [name, digest(name)]);
    },
    'new keys': seed,
    'a policy': (_, count) => setPolicy('free', count),
    'the policy of an owner': (random) =>
      writer.query(
        `UPDATE users SET policy_id = CASE WHEN policy_id IS NULL THEN (SELECT id FROM policies WHERE name = 'free') END WHERE external_id = $1`,
        [owner(random)],
      ),
    'a new or changed default policy': (_, count) => setPolicy('default', count),
    'a deleted default policy': () => writer.query(`DELETE FROM policies WHERE name = 'default'`),
    'a renamed default policy': () =>
      writer.query(`BEGIN; DELETE FROM policies WHERE name = 'old'; UPDATE policies SET name = 'old' WHERE name = 'default'; COMMIT`),
  };

  /** These take longer, so they are fewer. */
  const LARGE_CHANGES: Record<string, Change> = {
    'thousands of keys': () => writer.query('UPDATE api_keys SET enabled = NOT enabled'),
    'a truncated table': async () => {
      // It locks several tables, and may deadlock with the background.
      for (let isDone = false; !isDone; ) isDone = await writer.query('TRUNCATE users CASCADE').then(() => true, isDeadlock);
    },
  };

  /** Keeps asking about random keys, and changes keys of the crowd, until it is stopped. */
  function startBackground(lookups: readonly CachedLookup<FoundKey>[]): () => Promise<void> {
    let isStopped = false;
    const crowd = CROWD.map((name) => digest(name).toString('hex'));
    const ask = async (lookup: CachedLookup<FoundKey>, random: Random) => {
      while (!isStopped) await Promise.all([load(lookup, random.pick(FINGERPRINTS)), load(lookup, random.pick(crowd))]);
    };
    const write = async (random: Random) => {
      while (!isStopped) {
        // It may wait too long for the lock of a large change.
        await pool.query('UPDATE api_keys SET name = $2 WHERE key_prefix = $1', [random.pick(CROWD), randomUUID()]).catch(() => undefined);
      }
    };
    const running = [
      write(new Random(1)),
      ...lookups.flatMap((lookup, index) => [ask(lookup, new Random(index)), ask(lookup, new Random(9 + index))]),
    ];
    return async () => {
      isStopped = true;
      await Promise.all(running);
    };
  }

  /** Asks about every key, and returns how many answers do not show the committed state. */
  async function wrongAnswers(lookup: CachedLookup<FoundKey>, expected: ReadonlyMap<string, string>): Promise<number> {
    const answers = await Promise.all(FINGERPRINTS.map((fingerprint) => load(lookup, fingerprint)));
    return answers.filter((record, index) => (record && stateOf(record)) !== (expected.get(FINGERPRINTS[index] ?? '') ?? null)).length;
  }

  /** Asks in the same event-loop turn in which the change was acknowledged. The state is read meanwhile, and does not change. */
  async function wrongAfter(lookups: readonly CachedLookup<FoundKey>[], acknowledged: Promise<unknown>): Promise<number> {
    await acknowledged;
    const asked = lookups.map((lookup) => Promise.all(FINGERPRINTS.map((fingerprint) => load(lookup, fingerprint))));
    const expected = await committed();
    const wrong = (await Promise.all(asked)).map(
      (answers) =>
        answers.filter((record, index) => (record && stateOf(record)) !== (expected.get(FINGERPRINTS[index] ?? '') ?? null)).length,
    );
    return wrong.reduce((sum, count) => sum + count, 0);
  }

  return {
    async run(changes, seedNumber) {
      const random = new Random(seedNumber);
      const lookups = [newReplica(), newReplica()];
      await seed();
      await setPolicy('free', 0);
      await seedCrowd();
      for (const lookup of lookups) await wrongAnswers(lookup, new Map());
      const stop = startBackground(lookups);
      const wrong: Record<string, number> = {};
      for (let count = 0; count < changes; count += 1) {
        const [name, change] = random.pick(Object.entries(count % 50 === 49 ? LARGE_CHANGES : CHANGES_BY_NAME));
        wrong[name] = (wrong[name] ?? 0) + (await wrongAfter(lookups, change(random, count)));
        if (name === 'a truncated table') await seedCrowd();
        if (random.chance(0.2)) wrong['new keys'] = (wrong['new keys'] ?? 0) + (await wrongAfter(lookups, seed()));
      }
      await stop();
      const hits = (await metrics.getSingleMetric('keyward_verification_cache_hits_total')?.get())?.values[0]?.value;
      return { wrong, hits: hits ?? 0 };
    },
    async countOutdated(seedNumber) {
      const random = new Random(seedNumber);
      const lookup = newReplica(new UnfollowingEntries(1_000));
      await seed();
      await wrongAnswers(lookup, new Map());
      let wrong = 0;
      for (let count = 0; count < 20; count += 1) wrong += await wrongAfter([lookup], toggle(random.pick(NAMES)));
      return wrong;
    },
    async close() {
      await Promise.all(replicas.map((replica) => replica.close()));
      await writer.end();
      await pool.end();
    },
  };
}

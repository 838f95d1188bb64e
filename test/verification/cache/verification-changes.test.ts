import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { dropDatabase, newDatabase, runSql } from '../../support/database.js';

interface ChangeRow {
  seq: string;
  key_id: string | null;
  owner_id: string | null;
  policy_id: string | null;
  service_token_id: string | null;
}

let url: string;
let client: pg.Client;
const opened: pg.Client[] = [];

async function connect(role?: string): Promise<pg.Client> {
  const connectionString = role === undefined ? url : Object.assign(new URL(url), { username: role, password: '' }).href;
  const opening = new pg.Client({ connectionString });
  await opening.connect();
  opened.push(opening);
  return opening;
}

beforeAll(async () => {
  url = await newDatabase();
  client = await connect();
});
afterAll(async () => {
  await Promise.all(opened.map((each) => each.end()));
  await dropDatabase(url);
});

let last = '0';
beforeEach(async () => {
  last = (await client.query<{ last: string }>('SELECT max(seq) AS last FROM verification_changes')).rows[0]?.last ?? '';
});

/** Returns the changes since the start of the test, in their order. */
async function changes(): Promise<ChangeRow[]> {
  const columns = 'seq, key_id, owner_id, policy_id, service_token_id';
  return (await client.query<ChangeRow>(`SELECT ${columns} FROM verification_changes WHERE seq > $1 ORDER BY seq`, [last])).rows;
}

/** Returns what each change names: the ID of a key or an owner, or `everything`. */
const named = async (): Promise<string[]> => (await changes()).map((row) => row.key_id ?? row.owner_id ?? 'everything');

async function newUser(): Promise<string> {
  const id = randomUUID();
  await client.query('INSERT INTO users (id, external_id, created_at) VALUES ($1, $2, now())', [id, id]);
  return id;
}

async function newKeys(count: number): Promise<{ owner: string; keys: string[] }> {
  const owner = await newUser();
  const insert = `INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, fingerprint, created_at)
    SELECT gen_random_uuid(), $1, 'p_' || $2 || n, 'h', sha256(gen_random_uuid()::text::bytea), now() FROM generate_series(1, $3) n RETURNING id`;
  const { rows } = await client.query<{ id: string }>(insert, [owner, randomBytes(6).toString('hex'), count]);
  return { owner, keys: rows.map(({ id }) => id) };
}

async function newKey(): Promise<{ owner: string; key: string }> {
  const { owner, keys } = await newKeys(1);
  return { owner, key: keys[0] ?? '' };
}

describe('a change of what verification reads', () => {
  test('is recorded once for each changed row, and names the key or the owner', async () => {
    const { owner, key } = await newKey();
    await client.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [key]);
    await client.query('UPDATE users SET disabled_at = now() WHERE id = $1', [owner]);
    await client.query('DELETE FROM api_keys WHERE id = $1', [key]);
    expect(await named()).toEqual([key, owner, key]);
  });

  test('is not recorded for an inserted row or for an update that changes nothing', async () => {
    const { owner, key } = await newKey();
    await client.query('UPDATE api_keys SET enabled = enabled WHERE id = $1', [key]);
    await client.query('UPDATE users SET disabled_at = NULL WHERE id = $1', [owner]);
    expect(await changes()).toEqual([]);
  });

  test('is recorded for every column, also for those that a later migration adds', async () => {
    const { key } = await newKey();
    await client.query('ALTER TABLE api_keys ADD COLUMN later jsonb');
    await client.query(`UPDATE api_keys SET later = '1.0' WHERE id = $1`, [key]);
    // jsonb compares 1 and 1.00 as equal. The images of the rows differ.
    await client.query(`UPDATE api_keys SET later = '1.00' WHERE id = $1`, [key]);
    await client.query('ALTER TABLE api_keys DROP COLUMN later');
    expect(await named()).toEqual([key, key]);
  });

  test('names the key by the ID that it had before the change', async () => {
    const { key } = await newKey();
    await client.query('UPDATE api_keys SET id = gen_random_uuid() WHERE id = $1', [key]);
    expect(await named()).toEqual([key]);
  });

  test('is recorded for each key of a deleted user', async () => {
    const { owner, keys } = await newKeys(3);
    await client.query('DELETE FROM users WHERE id = $1', [owner]);
    expect((await named()).sort()).toEqual([owner, ...keys].sort());
  });

  test('is recorded for the rows that a savepoint keeps, and not for those that it rolls back', async () => {
    const [one, other] = [await newKey(), await newKey()];
    await client.query('BEGIN');
    await client.query('UPDATE api_keys SET enabled = false WHERE id = $1', [one.key]);
    await client.query('SAVEPOINT s');
    await client.query('UPDATE api_keys SET enabled = false WHERE id = $1', [other.key]);
    await client.query('ROLLBACK TO s');
    await client.query('COMMIT');
    expect(await named()).toEqual([one.key]);
  });

  test('is recorded in sessions that apply replicated changes', async () => {
    const { key } = await newKey();
    const superuser = await connect('postgres');
    await superuser.query('SET session_replication_role = replica');
    await superuser.query('UPDATE api_keys SET enabled = false WHERE id = $1', [key]);
    expect(await named()).toEqual([key]);
  });

  test('is recorded if a role without rights on the table of changes writes it, whatever its temporary tables are called', async () => {
    const { key } = await newKey();
    const superuser = await connect('postgres');
    const role = `clerk_${randomBytes(4).toString('hex')}`;
    await superuser.query(`CREATE ROLE ${role}; GRANT UPDATE, SELECT ON api_keys TO ${role}; SET ROLE ${role}`);
    await superuser.query('CREATE TEMPORARY TABLE verification_changes (seq bigint)');
    await superuser.query('UPDATE api_keys SET enabled = false WHERE id = $1', [key]);
    expect(await named()).toEqual([key]);
    await superuser.query(`RESET ROLE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  test('of a whole table by TRUNCATE is recorded as a change of everything', async () => {
    await newKey();
    await client.query('TRUNCATE users CASCADE');
    expect(await named()).toEqual(['everything']);
  });
});

describe('the changes of one transaction', () => {
  test('are 1,000 rows and a row that stands for everything, however many keys it changes', async () => {
    const { owner, keys } = await newKeys(2_500);
    await client.query('UPDATE api_keys SET enabled = false WHERE user_id = $1', [owner]);
    const rows = await named();
    expect(rows).toHaveLength(1_001);
    expect(rows[1_000]).toBe('everything');
    expect(keys).toEqual(expect.arrayContaining(rows.slice(0, 1_000)));
    await client.query('UPDATE api_keys SET enabled = true WHERE id = $1', [keys[0]]);
    expect((await named()).slice(1_001)).toEqual([keys[0]]);
  });

  test('are all recorded if a savepoint rolls the row back that stands for everything', async () => {
    const { owner } = await newKeys(1_100);
    const { key } = await newKey();
    await client.query('BEGIN');
    await client.query('SAVEPOINT s');
    await client.query('TRUNCATE users CASCADE');
    await client.query('ROLLBACK TO s');
    await client.query('UPDATE api_keys SET enabled = false WHERE user_id = $1', [owner]);
    await client.query('SAVEPOINT s');
    await client.query('UPDATE api_keys SET enabled = false WHERE id = $1', [key]);
    await client.query('COMMIT');
    const rows = await named();
    expect(rows).toHaveLength(1_001);
    expect(rows[1_000]).toBe('everything');
  });

  test('include those of a transaction that reads an old snapshot', async () => {
    const [one, other] = [await newKey(), await newKey()];
    const reader = await connect();
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.query('SELECT count(*) FROM api_keys');
    await client.query('UPDATE api_keys SET enabled = false WHERE id = $1', [one.key]);
    await reader.query('UPDATE api_keys SET enabled = false WHERE id = $1', [other.key]);
    await reader.query('COMMIT');
    expect(await named()).toEqual([one.key, other.key]);
  });
});

describe('the numbers of the changes', () => {
  test('become visible in their own order: a transaction that draws a later number commits later', async () => {
    const [one, other] = [await newKey(), await newKey()];
    const [first, second] = [await connect(), await connect()];
    await first.query('BEGIN');
    await first.query('UPDATE api_keys SET enabled = false WHERE id = $1', [one.key]);
    await first.query('SET CONSTRAINTS ALL IMMEDIATE');
    let isCommitted = false;
    const update = second.query('UPDATE api_keys SET enabled = false WHERE id = $1', [other.key]).then(() => {
      isCommitted = true;
    });
    const waiting = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    while ((await runSql(url, waiting)).length === 0) expect(isCommitted).toBe(false);
    expect(await changes()).toEqual([]);
    await first.query('COMMIT');
    await update;
    expect(await named()).toEqual([one.key, other.key]);
  });

  test('continue above the newest row after a sequence was restored to an older number', async () => {
    const { key } = await newKey();
    await client.query(`SELECT setval('verification_changes_seq', 1)`);
    await client.query('UPDATE api_keys SET enabled = false WHERE id = $1', [key]);
    await client.query('UPDATE api_keys SET enabled = true WHERE id = $1', [key]);
    expect((await changes()).map(({ seq }) => Number(seq) - Number(last))).toEqual([1, 2]);
  });
});

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { dropDatabase, newDatabase } from '../support/database.js';

const MIGRATION = new URL('../../prisma/migrations/20261129180500_imported_at/migration.sql', import.meta.url);

let url: string;
let client: pg.Client;
beforeAll(async () => {
  url = await newDatabase();
  client = new pg.Client({ connectionString: url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await dropDatabase(url);
});

test('the migration of imported keys records the time of their import, and repeats without a change', async () => {
  await client.query(`
    INSERT INTO users (id, external_id, created_at) VALUES ('00000000-0000-7000-8000-000000000001', 'owner', now());
    INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, created_at)
      SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000001', 'k' || n, 'h', '2020-01-01Z' FROM generate_series(1, 1200) AS n;
    INSERT INTO audit_events (id, user_id, at, action, api_key_id)
      SELECT gen_random_uuid(), user_id, '2026-01-02Z', CASE key_prefix WHEN 'k1' THEN 'API_KEY_CREATED' ELSE 'API_KEY_IMPORTED' END, id FROM api_keys`);
  const sql = await readFile(MIGRATION, 'utf8');
  const statements = sql.split(/;\s*$/m).filter((statement) => statement.replace(/^\s*--.*$/gm, '').trim() !== '');
  expect(statements).toHaveLength(1);
  const run = async () => {
    for (const statement of statements) await client.query(statement);
    const { rows } = await client.query('SELECT imported_at, count(*)::int FROM api_keys GROUP BY imported_at ORDER BY imported_at');
    return rows;
  };
  const expected = [
    { imported_at: new Date('2026-01-02Z'), count: 1199 },
    { imported_at: null, count: 1 },
  ];
  expect(await run()).toEqual(expected);
  const { rows: before } = await client.query('SELECT max(seq) AS seq FROM verification_changes');
  expect(await run()).toEqual(expected);
  const { rows: after } = await client.query(
    'SELECT max(seq) AS seq, count(*) FILTER (WHERE num_nonnulls(key_id, owner_id, policy_id) = 0)::int AS resets FROM verification_changes',
  );
  // Processes follow the changes of keys instead of emptying their caches. The first row of the table names nothing.
  expect(after[0]).toEqual({ ...before[0], resets: 1 });
});

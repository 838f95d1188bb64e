import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runBuiltCommand } from '../support/commands.js';
import { dropDatabase, newDatabase, runSql } from '../support/database.js';
import { logQueries, queriesOf } from '../support/queries.js';
import { planOf } from '../support/query-plan.js';

const DAYS = 30;
const KEYS = 3_000;

let databaseUrl: string;
beforeAll(async () => {
  databaseUrl = await newDatabase();
  await logQueries(databaseUrl);
  // Half of the keys belong to a user with a policy that permits a shorter lifetime. Every 7th key was imported, every 11th is revoked, and every
  // 3rd has no expiry of its own.
  await runSql(
    databaseUrl,
    `WITH policy AS (
       INSERT INTO policies (id, name, key_lifetime_days_max, created_at)
       VALUES (gen_random_uuid(), 'default', 120, now()), (gen_random_uuid(), 'short', 60, now()) RETURNING id, name),
     owner AS (
       INSERT INTO users (id, external_id, created_at, policy_id)
       SELECT gen_random_uuid(), n::text, now(), CASE WHEN n = 1 THEN (SELECT id FROM policy WHERE name = 'short') END
       FROM generate_series(0, 1) n RETURNING id, external_id)
     INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, created_at, imported_at, expires_at, revoked_at)
     SELECT gen_random_uuid(), (SELECT id FROM owner WHERE external_id = (n % 2)::text), 'key_' || n, '', now() - n * interval '1 hour',
       CASE WHEN n % 7 = 0 THEN now() - n * interval '30 minutes' END,
       CASE WHEN n % 3 > 0 THEN now() + n / 4 * interval '4 hours' - interval '10 days' END,
       CASE WHEN n % 11 = 0 THEN now() END
     FROM generate_series(1, ${KEYS}) n`,
  );
  await runSql(databaseUrl, 'ANALYZE');
});
afterAll(() => dropDatabase(databaseUrl));

const listExpiring = () =>
  runBuiltCommand('keys', ['expiring', '--days', String(DAYS), '--json'], {
    DATABASE_URL: databaseUrl,
    APP_SECRETS: randomBytes(32).toString('base64'),
  });

test('keyward keys expiring lists each usable key of a period once, in the order of expiry, by the policies of the owners', async () => {
  const { stdout, code } = await listExpiring();
  expect(code).toBe(0);
  const listed = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).keyPrefix as string);
  const expected = await runSql<{ prefix: string }>(
    databaseUrl,
    `SELECT key_prefix AS prefix FROM (
       SELECT k.id, k.key_prefix, k.revoked_at, least(k.expires_at, coalesce(k.imported_at, k.created_at)
         + CASE WHEN u.policy_id IS NULL THEN 120 ELSE 60 END * interval '24 hours') AS at
       FROM api_keys k JOIN users u ON u.id = k.user_id) k
     WHERE revoked_at IS NULL AND at > now() AND at <= now() + ${DAYS} * interval '24 hours' ORDER BY at, id`,
  );
  expect(expected.length).toBeGreaterThan(600);
  expect(listed).toEqual(expected.map(({ prefix }) => prefix));
});

test('keyward keys expiring reads ranges of indexes for each page, and does not sort all keys', async () => {
  const queries = await queriesOf({ databaseUrl }, listExpiring);
  const searches = queries.filter((sql) => sql.includes('effective_expiry') && sql.includes('LIMIT'));
  expect(searches.length).toBeGreaterThan(1);
  for (const sql of searches) {
    const plan = await planOf(databaseUrl, sql);
    for (const index of ['expires_at_id', 'created_at_id', 'imported_at_id']) {
      expect(plan).toMatch(new RegExp(`Index (Only )?Scan (Backward )?using api_keys_${index}_idx .*\\n\\s+Index Cond`));
    }
    expect(plan).not.toContain('Seq Scan on api_keys');
  }
});

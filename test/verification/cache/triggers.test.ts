import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { FOLLOWED_TABLES, readTriggerState } from '../../../src/verification/cache/triggers.queries.js';
import { keysByFingerprintSql, serviceTokensByFingerprintSql } from '../../../src/verification/key-lookup.queries.js';
import { dropDatabase, newDatabase } from '../../support/database.js';

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
beforeEach(() => client.query('BEGIN'));
afterEach(() => client.query('ROLLBACK'));

/** Returns the tables and the functions of Keyward's own that a query depends on, as PostgreSQL records them for a view. */
async function dependenciesOf(sql: string): Promise<string[]> {
  await client.query(`CREATE TEMPORARY VIEW dependent AS ${sql.replaceAll(/\$\d/g, 'NULL')}`);
  const { rows } = await client.query<{ name: string }>(`
    SELECT DISTINCT coalesce(c.relname, p.proname) AS name FROM pg_depend d
    JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class = 'dependent'::regclass
    LEFT JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid AND c.oid <> r.ev_class
    LEFT JOIN pg_proc p ON d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
    WHERE d.classid = 'pg_rewrite'::regclass AND coalesce(c.relname, p.proname) IS NOT NULL`);
  return rows.map(({ name }) => name).sort();
}

describe('the triggers that report changes', () => {
  test('exist on every table that the lookup of a key reads', async () => {
    const sql = `SELECT (${keysByFingerprintSql('$1')}), (${serviceTokensByFingerprintSql('$2')})`;
    expect(await dependenciesOf(sql)).toEqual(Object.keys(FOLLOWED_TABLES).sort());
    expect((await readTriggerState(client)).missing).toEqual([]);
  });

  test.each([
    ['a table', 'SELECT value FROM settings WHERE name = $1', ['settings']],
    ['a table that the planner removes', 'SELECT k.id FROM api_keys k LEFT JOIN sessions s ON s.id = k.id', ['api_keys', 'sessions']],
    ['a function, which may read a table', 'SELECT hidden($1)', ['hidden']],
  ])('would be missed on %s that the lookup reads in addition', async (_, sql, dependencies) => {
    await client.query('CREATE FUNCTION hidden(text) RETURNS text LANGUAGE sql AS $$ SELECT value FROM settings WHERE name = $1 $$');
    expect(await dependenciesOf(sql)).toEqual(dependencies);
  });

  test.each([
    ['is disabled', 'ALTER TABLE api_keys DISABLE TRIGGER api_keys_verification_update'],
    ['fires only in sessions of its own server', 'ALTER TABLE users ENABLE TRIGGER users_verification_delete'],
    ['fires only in replicated sessions', 'ALTER TABLE users ENABLE REPLICA TRIGGER users_verification_truncate'],
    ['is missing', 'DROP TRIGGER users_verification_update ON users'],
    ['is missing for TRUNCATE', 'DROP TRIGGER api_keys_verification_truncate ON api_keys'],
    ['is missing for a new default policy', 'DROP TRIGGER policies_verification_default_insert ON policies'],
    [
      'reports another new policy than the default one',
      `DROP TRIGGER policies_verification_default_insert ON policies;
       CREATE CONSTRAINT TRIGGER policies_verification_default_insert AFTER INSERT ON policies DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW WHEN (NEW.name = 'other') EXECUTE FUNCTION record_verification_change();
       ALTER TABLE policies ENABLE ALWAYS TRIGGER policies_verification_default_insert`,
    ],
    [
      'compares one column only',
      `DROP TRIGGER users_verification_update ON users;
       CREATE CONSTRAINT TRIGGER users_verification_update AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW WHEN (OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION record_verification_change('owner_id');
       ALTER TABLE users ENABLE ALWAYS TRIGGER users_verification_update`,
    ],
    [
      'fires before COMMIT',
      `DROP TRIGGER api_keys_verification_delete ON api_keys;
       CREATE TRIGGER api_keys_verification_delete AFTER DELETE ON api_keys
         FOR EACH ROW EXECUTE FUNCTION record_verification_change('key_id');
       ALTER TABLE api_keys ENABLE ALWAYS TRIGGER api_keys_verification_delete`,
    ],
  ])('are reported as incomplete if one of them %s', async (_, sql) => {
    await client.query(sql);
    expect((await readTriggerState(client)).missing).toHaveLength(1);
  });

  test('are all reported if their function runs with the rights of the caller', async () => {
    await client.query('ALTER FUNCTION record_verification_change() SECURITY INVOKER');
    expect((await readTriggerState(client)).missing).toHaveLength(14);
  });

  test.each([
    ['a table was replaced', 'ALTER TABLE users RENAME TO old; CREATE TABLE users AS TABLE old'],
    ['the table of changes was replaced', 'ALTER TABLE verification_changes RENAME TO old; CREATE TABLE verification_changes AS TABLE old'],
    [
      'the function was replaced',
      'CREATE OR REPLACE FUNCTION record_verification_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
    ],
  ])('have another identity after %s', async (_, sql) => {
    const { identity } = await readTriggerState(client);
    await client.query(sql);
    expect((await readTriggerState(client)).identity).not.toBe(identity);
  });
});

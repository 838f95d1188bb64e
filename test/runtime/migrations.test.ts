import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { diffSchemas } from '../../scripts/lib/schema-diff.mjs';
import { createLogger } from '../../src/platform/logger.js';
import { MIGRATIONS_DIR, migrate } from '../../src/runtime/migrations.js';
import { dropDatabase, newDatabase, runSql } from '../support/database.js';
import { eventually } from '../support/eventually.js';

const logger = createLogger('silent');

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'keyward-migrations-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Returns a folder with these migrations in addition to those of Keyward. */
async function withExtra(extra: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(path.join(directory, 'm-'));
  await cp(MIGRATIONS_DIR, folder, { recursive: true });
  for (const [name, sql] of Object.entries(extra)) {
    await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, name, 'migration.sql'), sql);
  }
  return folder;
}

/** Indexes and constraints that a Prisma schema cannot express, so that their SQL is written by hand. */
const BY_HAND = ['api_keys_user_id_ended_at_idx', 'users_identified', 'users_password_cost_idx'];

/** Returns the columns, indexes and constraints of Keyward’s tables. A Prisma schema cannot express triggers. */
async function catalogue(url: string): Promise<unknown> {
  const inPublic = "n.nspname = 'public' AND c.relname <> '_prisma_migrations'";
  const queries = {
    columns: `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid) AS default
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE ${inPublic} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2`,
    indexes: `SELECT pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${inPublic}
      AND i.indexrelid::regclass::text <> ALL('{${BY_HAND.join()}}') ORDER BY 1`,
    constraints: `SELECT c.relname, o.conname, pg_get_constraintdef(o.oid) AS definition FROM pg_constraint o
      JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${inPublic} AND o.contype <> 't'
      AND o.conname <> ALL('{${BY_HAND.join()}}') ORDER BY 1, 2`,
    enums: 'SELECT t.typname, e.enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid ORDER BY 1, e.enumsortorder',
  };
  const entries = Object.entries(queries).map(async ([name, sql]) => [name, await runSql(url, sql)]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Waits until a migration waits for a lock that another transaction holds. */
const migrationWaitsForLock = (url: string) =>
  eventually(
    async () => {
      const waiting = `SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'keyward migrations' AND wait_event_type = 'Lock'`;
      expect(await runSql(url, waiting)).toHaveLength(1);
    },
    { withinMs: 30_000 },
  );

describe('migrations', () => {
  test('result in the database that schema.prisma describes', async () => {
    const [migrated, direct] = [await newDatabase('empty'), await newDatabase('empty')];
    await migrate(migrated, logger);
    await runSql(direct, await diffSchemas(null, await readFile('prisma/schema.prisma', 'utf8')));
    expect(await catalogue(migrated)).toEqual(await catalogue(direct));
    expect(JSON.stringify(await catalogue(migrated))).toContain('api_keys_key_prefix_key');
    await Promise.all([migrated, direct].map(dropDatabase));
  });

  test('include the schema.prisma that the last migration results in, from which the next one starts', async () => {
    const folders = (await readdir(MIGRATIONS_DIR, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    const last =
      folders
        .map(({ name }) => name)
        .sort()
        .at(-1) ?? '';
    const kept = await readFile(path.join(MIGRATIONS_DIR, last, 'schema.prisma'), 'utf8');
    expect(await diffSchemas(kept, await readFile('prisma/schema.prisma', 'utf8'))).toMatch(/empty migration/);
  });

  test('F10: are applied by one of five processes that start at once on an empty database, and all five start', async () => {
    const url = await newDatabase('empty');
    const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(url, logger)));
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    const rows = await runSql<{ finished_at: Date | null; applied_steps_count: number }>(url, 'SELECT * FROM _prisma_migrations');
    expect(rows).toHaveLength(applied.flat().length);
    expect(rows.every((row) => row.finished_at !== null && row.applied_steps_count === 1)).toBe(true);
    await dropDatabase(url);
  });

  test('change nothing when they are applied again', async () => {
    const url = await newDatabase();
    expect(await migrate(url, logger)).toEqual([]);
    await dropDatabase(url);
  });

  test('can contain statements with semicolons inside, such as a trigger', async () => {
    const url = await newDatabase();
    const sql = `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no; never'; END; $$;
      CREATE TRIGGER t BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION refuse();`;
    expect(await migrate(url, logger, await withExtra({ '29990101000000_trigger': sql }))).toEqual(['29990101000000_trigger']);
    expect(await runSql(url, "SELECT tgname FROM pg_trigger WHERE tgname = 't'")).toHaveLength(1);
    await dropDatabase(url);
  });

  test('a migration that waits for a table delays other queries only briefly, and is applied once the table is free', async () => {
    const url = await newDatabase();
    const folder = await withExtra({ '29990101000000_column': 'ALTER TABLE users ADD COLUMN more TEXT;' });
    const reader = new pg.Client({ connectionString: url });
    await reader.connect();
    await reader.query('BEGIN; SELECT 1 FROM users');
    const migrated = migrate(url, logger, folder);
    for (let round = 0; round < 3; round += 1) {
      await migrationWaitsForLock(url);
      const startedAt = performance.now();
      await runSql(url, 'SELECT 1 FROM users');
      expect(performance.now() - startedAt).toBeLessThan(1_500);
    }
    await reader.query('COMMIT');
    expect(await migrated).toEqual(['29990101000000_column']);
    await reader.end();
    await dropDatabase(url);
  });

  test('a migration that would deadlock with a query yields to it, and is applied after it', async () => {
    const url = await newDatabase();
    const folder = await withExtra({
      '29990101000000_two': 'ALTER TABLE users ADD COLUMN more TEXT; ALTER TABLE api_keys ADD COLUMN more TEXT;',
    });
    const reader = new pg.Client({ connectionString: url });
    await reader.connect();
    await reader.query('BEGIN; SELECT 1 FROM api_keys');
    const migrated = migrate(url, logger, folder);
    await migrationWaitsForLock(url);
    await reader.query('SELECT 1 FROM users; COMMIT');
    expect(await migrated).toEqual(['29990101000000_two']);
    await reader.end();
    await dropDatabase(url);
  });

  describe('a migration that begins with “-- keyward: concurrently”', () => {
    const INDEX = `-- keyward: concurrently
      -- Builds an index; the table stays writable.
      DROP INDEX CONCURRENTLY IF EXISTS extra_idx;
      CREATE INDEX CONCURRENTLY extra_idx ON users (created_at);
`;
    const NAME = '29990101000000_index';

    test('runs outside a transaction, and is recorded like any other', async () => {
      const url = await newDatabase();
      const folder = await withExtra({ [NAME]: INDEX });
      expect(await migrate(url, logger, folder)).toEqual([NAME]);
      expect(await runSql(url, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'extra_idx'::regclass")).toEqual([{ indisvalid: true }]);
      expect(await migrate(url, logger, folder)).toEqual([]);
      await dropDatabase(url);
    });

    test('waits for an older transaction, and blocks no query meanwhile', async () => {
      const url = await newDatabase();
      const folder = await withExtra({ [NAME]: INDEX });
      const reader = new pg.Client({ connectionString: url });
      await reader.connect();
      await reader.query('BEGIN; UPDATE users SET created_at = created_at');
      const migrated = migrate(url, logger, folder);
      await migrationWaitsForLock(url);
      const startedAt = performance.now();
      await runSql(url, "INSERT INTO users (id, email, created_at) VALUES (gen_random_uuid(), 'ada@example.com', now())");
      expect(performance.now() - startedAt).toBeLessThan(1_500);
      await reader.query('COMMIT');
      expect(await migrated).toEqual([NAME]);
      await reader.end();
      await dropDatabase(url);
    });

    test('F9: is repeated from its first statement after a failure', async () => {
      const url = await newDatabase();
      const folder = await withExtra({ [NAME]: `${INDEX}SELECT 1 / 0;\n` });
      const failure = `Migration ${NAME} failed and is repeated at the next start: division by zero`;
      await expect(migrate(url, logger, folder)).rejects.toThrow(failure);
      await expect(migrate(url, logger, folder)).rejects.toThrow(failure);
      await writeFile(path.join(folder, NAME, 'migration.sql'), INDEX);
      expect(await migrate(url, logger, folder)).toEqual([NAME]);
      await dropDatabase(url);
    });

    test('F10: is applied by one of five processes that start at once, because no process waits for the lock inside the database', async () => {
      const url = await newDatabase();
      const folder = await withExtra({ [NAME]: INDEX });
      const reader = new pg.Client({ connectionString: url });
      await reader.connect();
      await reader.query('BEGIN; UPDATE users SET created_at = created_at');
      const starts = Array.from({ length: 5 }, () => migrate(url, logger, folder));
      await migrationWaitsForLock(url);
      await reader.query('COMMIT');
      expect((await Promise.all(starts)).flat()).toEqual([NAME]);
      await reader.end();
      await dropDatabase(url);
    });
  });

  test('F9: a failed migration leaves no change, the migrations before it remain, and the reason is reported', async () => {
    const url = await newDatabase();
    const folder = await withExtra({
      '29990101000000_good': 'CREATE TABLE good (id INT);',
      '29990101000001_bad': 'CREATE TABLE half (id INT); SELECT 1 / 0;',
    });
    await expect(migrate(url, logger, folder)).rejects.toThrow('Migration 29990101000001_bad failed and was rolled back: division by zero');
    expect(await runSql(url, "SELECT to_regclass('good') AS good, to_regclass('half') AS half")).toEqual([{ good: 'good', half: null }]);
    await writeFile(path.join(folder, '29990101000001_bad', 'migration.sql'), 'CREATE TABLE half (id INT);');
    expect(await migrate(url, logger, folder)).toEqual(['29990101000001_bad']);
    await dropDatabase(url);
  });

  test('F9: a migration is rolled back if its own row cannot be written', async () => {
    const url = await newDatabase();
    const folder = await withExtra({ '29990101000000_bad': 'CREATE TABLE half (id INT); ALTER TABLE _prisma_migrations RENAME TO gone;' });
    await expect(migrate(url, logger, folder)).rejects.toThrow('Migration 29990101000000_bad failed and was rolled back');
    expect(await runSql(url, "SELECT to_regclass('half') AS half, to_regclass('gone') AS gone")).toEqual([{ half: null, gone: null }]);
    await dropDatabase(url);
  });

  test('F9: a migration that Prisma’s engine left half applied is reported, and nothing is changed', async () => {
    const url = await newDatabase();
    await runSql(url, "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', 'x', '29990101000000_half')");
    const folder = await withExtra({ '29990101000000_half': 'CREATE TABLE half (id INT);' });
    await expect(migrate(url, logger, folder)).rejects.toThrow('Migration 29990101000000_half failed earlier');
    await runSql(url, "UPDATE _prisma_migrations SET rolled_back_at = now() WHERE id = 'x'");
    expect(await migrate(url, logger, folder)).toEqual(['29990101000000_half']);
    await dropDatabase(url);
  });

  test('a migration that was changed after it was applied is reported', async () => {
    const url = await newDatabase();
    await runSql(url, "UPDATE _prisma_migrations SET checksum = 'another'");
    await expect(migrate(url, logger)).rejects.toThrow(/was changed after it was applied/);
    await dropDatabase(url);
  });

  test('a migration of a newer version that runs side by side is left unchanged', async () => {
    const url = await newDatabase();
    await migrate(url, logger, await withExtra({ '29990101000000_newer': 'CREATE TABLE newer (id INT);' }));
    expect(await migrate(url, logger)).toEqual([]);
    await dropDatabase(url);
  });

  test('the lock is released at once after its connection is lost', async () => {
    const url = await newDatabase('empty');
    await migrate(url, logger);
    expect(
      await runSql(
        url,
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
      ),
    ).toEqual([]);
    expect(
      await runSql(url, "SELECT 1 FROM pg_stat_activity WHERE application_name = 'keyward migrations' AND datname = current_database()"),
    ).toEqual([]);
    await dropDatabase(url);
  });
});

import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { ScramClient } from '../platform/database/scram-client.js';
import { StartupError } from '../platform/errors/keyward-error.js';
import type { Logger } from '../platform/logger.js';

export const MIGRATIONS_DIR = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/** The lock that `prisma migrate` takes, so that neither runs while the other does. */
const ADVISORY_LOCK = 72_707_369;

/** Another process that migrates is waited for this long. */
const LOCK_WAIT_MS = 60_000;

/**
 * A change of a table waits for whoever reads it, and everybody who comes later waits behind it: so it waits this long only, gives up,
 * lets them pass and tries again, as often as told. Old replicas go on serving meanwhile.
 */
const TABLE_LOCK_WAIT_MS = 500;
const TRIES_MAX = 120;

/** One migration of a large table may take minutes; a network that went silent must not take for ever. */
const STATEMENT_MS_MAX = 600_000;

const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

interface AppliedRow {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(path.join(directory, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** @throws {StartupError} where the database isn't in a state that these migrations lead to */
function pendingMigrations(migrations: Migration[], applied: AppliedRow[]): Migration[] {
  const rows = new Map(applied.map((row) => [row.migration_name, row]));
  return migrations.filter(({ name, checksum }) => {
    const row = rows.get(name);
    if (!row) return true;
    if (!row.finished_at) throw new StartupError(`migration ${name} failed half-way before; see "A failed migration" in the README`);
    if (row.checksum !== checksum) throw new StartupError(`migration ${name} was changed after it had been applied to this database`);
    return false;
  });
}

/** Lock not available, deadlock detected: PostgreSQL's manual, appendix A. */
const isLostLock = (error: unknown): boolean => ['55P03', '40P01'].includes(String((error as { code?: unknown }).code));

async function applyMigration(client: pg.Client, migration: Migration): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const lost = await tryMigration(client, migration, tries < TRIES_MAX);
    if (!lost) return;
    await sleep(TABLE_LOCK_WAIT_MS);
  }
}

/** @returns whether it didn't get a lock, where that may be */
async function tryMigration(client: pg.Client, migration: Migration, mayLose: boolean): Promise<boolean> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = ${TABLE_LOCK_WAIT_MS}`);
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) VALUES ($1, $2, $3, now(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query('COMMIT');
    return false;
  } catch (error) {
    await client.query('ROLLBACK');
    if (mayLose && isLostLock(error)) return true;
    const reason = error instanceof Error ? error.message : 'unknown error';
    throw new StartupError(`migration ${migration.name} failed and was rolled back: ${reason}`, { cause: error });
  }
}

/** Node's and PostgreSQL's own words; neither repeats a password. */
function refuseToStart(error: NodeJS.ErrnoException): never {
  throw new StartupError(`the database can't be used: ${error.message || error.code}`, { cause: error });
}

/**
 * Brings the database to the state of `prisma/migrations`: each pending migration in one transaction with its row in
 * `_prisma_migrations` (Prisma's own table and checksums), all under one advisory lock, so that of any number of
 * processes that start at once one applies them and the others find them applied. Migrations that the database has and
 * this version doesn't know are those of a newer version beside it, and are left alone.
 *
 * @param url of the database
 * @returns the names of the migrations that were applied now
 * @throws {StartupError} when the database can't be reached or a migration fails; nothing is half applied then
 */
export async function migrate(url: string, logger: Logger, directory = MIGRATIONS_DIR): Promise<string[]> {
  const migrations = await readMigrations(directory);
  const client = new ScramClient({
    connectionString: url,
    application_name: 'keyward migrations',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    statement_timeout: STATEMENT_MS_MAX,
    query_timeout: STATEMENT_MS_MAX + 1_000,
  });
  // A connection that breaks between two queries would otherwise end the process.
  client.on('error', (error) => logger.warn({ err: error }, 'connection lost while migrating'));
  try {
    await client.connect().catch(refuseToStart);
    await client.query(`SET lock_timeout = ${LOCK_WAIT_MS}`);
    await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await client.query(CREATE_TABLE);
    const applied = await client.query<AppliedRow>(
      'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at',
    );
    const pending = pendingMigrations(migrations, applied.rows);
    for (const migration of pending) {
      await applyMigration(client, migration);
      logger.info({ migration: migration.name }, 'migration applied');
    }
    return pending.map((migration) => migration.name);
  } finally {
    // Ends the session and, with it, the lock.
    await client.end().catch(() => undefined);
  }
}

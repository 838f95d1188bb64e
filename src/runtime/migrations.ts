import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { ScramClient } from '../platform/database/scram-client.js';
import { errorCode } from '../platform/errors/error-code.js';
import { StartupError } from '../platform/errors/keyward-error.js';
import type { Logger } from '../platform/logger.js';

export const MIGRATIONS_DIR = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/** Key of the advisory lock that `prisma migrate` takes too, so that the two never run at the same time. */
const ADVISORY_LOCK = 72_707_369;

/** The longest wait for another process that applies migrations. */
const LOCK_WAIT_MS = 60_000;

/**
 * A statement that waits for an exclusive lock blocks all later queries of the table. A migration therefore waits for at most
 * this time, rolls back so that the queries of running replicas can proceed, and retries at most TRIES_MAX times.
 */
const TABLE_LOCK_WAIT_MS = 500;
const TRIES_MAX = 120;

/** The migration of a large table may take minutes, but a silent network must not block the start forever. */
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

/** @throws {StartupError} if an applied migration failed, or its file has changed since */
function pendingMigrations(migrations: Migration[], applied: AppliedRow[]): Migration[] {
  const rows = new Map(applied.map((row) => [row.migration_name, row]));
  return migrations.filter(({ name, checksum }) => {
    const row = rows.get(name);
    if (!row) return true;
    if (!row.finished_at) throw new StartupError(`Migration ${name} failed earlier. See "A failed migration" in docs/operations.md.`);
    if (row.checksum !== checksum)
      throw new StartupError(`Migration ${name} was changed after it was applied to this database. Restore its file.`);
    return false;
  });
}

/** lock_not_available and deadlock_detected (PostgreSQL manual, appendix A). */
const isLostLock = (error: unknown): boolean => ['55P03', '40P01'].includes(errorCode(error) ?? '');

async function applyMigration(client: pg.Client, migration: Migration): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const lost = await tryMigration(client, migration, tries < TRIES_MAX);
    if (!lost) return;
    await sleep(TABLE_LOCK_WAIT_MS);
  }
}

/** Returns true if a lock was not available and `mayLose` is set; the migration is then rolled back. */
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
    throw new StartupError(`Migration ${migration.name} failed and was rolled back: ${reason}`, { cause: error });
  }
}

/** The messages of Node and PostgreSQL do not contain the password. */
function failToStart(error: NodeJS.ErrnoException): never {
  throw new StartupError(`The database cannot be used: ${error.message || error.code}`, { cause: error });
}

/**
 * Applies the pending migrations of `prisma/migrations`. Each one runs in a transaction together with its row in
 * `_prisma_migrations`, which has Prisma's format. One advisory lock covers all of them, so if several processes start
 * together, one applies the migrations and the others wait. Unknown migrations in the database are ignored: they belong to
 * a newer version of Keyward that runs in parallel.
 *
 * @returns the names of the migrations that this call applied
 * @throws {StartupError} if the database is unreachable or a migration fails; the failed migration is rolled back
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
  client.on('error', (error) => logger.warn({ err: error }, 'database connection lost during a migration'));
  try {
    await client.connect().catch(failToStart);
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

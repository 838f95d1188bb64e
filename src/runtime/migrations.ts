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
const LOCK_RETRY_MS = 100;

/**
 * A statement that waits for an exclusive lock blocks all later queries of the table. A migration therefore waits for at most
 * this time, rolls back so that the queries of running replicas can proceed, and retries at most TRIES_MAX times.
 */
const TABLE_LOCK_WAIT_MS = 500;
const TRIES_MAX = 120;

/** The migration of a large table may take minutes, but a silent network must not block the start forever. */
const STATEMENT_MS_MAX = 600_000;

/** An index that is built concurrently first waits for all transactions that are older, such as a backup. It blocks no query. */
const CONCURRENT_STATEMENT_MS_MAX = 6 * 3_600_000;

/**
 * First line of a migration that runs outside a transaction, because `CREATE INDEX CONCURRENTLY` requires that. Its statements
 * end at the end of a line and run one after another. An attempt that fails is repeated from the first statement, so each
 * statement must be repeatable.
 */
const CONCURRENTLY = /^-- keyward: concurrently\n/;

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
  const attempt = CONCURRENTLY.test(migration.sql) ? tryConcurrently : tryMigration;
  for (let tries = 1; ; tries += 1) {
    const lost = await attempt(client, migration, tries < TRIES_MAX);
    if (!lost) return;
    await sleep(TABLE_LOCK_WAIT_MS);
  }
}

const recordMigration = (client: pg.Client, { name, checksum }: Migration): Promise<unknown> =>
  client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) VALUES ($1, $2, $3, now(), 1)`,
    [randomUUID(), checksum, name],
  );

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown error');

/** Runs the statements of a migration without a transaction. Returns true as tryMigration; the next attempt then repeats all. */
async function tryConcurrently(client: pg.Client, migration: Migration, mayLose: boolean): Promise<boolean> {
  const statements = migration.sql.split(/;\s*$/m).filter((statement) => statement.replace(/^--.*$/gm, '').trim() !== '');
  try {
    await client.query(`SET lock_timeout = 0; SET statement_timeout = ${CONCURRENT_STATEMENT_MS_MAX}`);
    for (const text of statements) {
      // The types of pg do not declare the timeout of a single query.
      await client.query({ text, query_timeout: CONCURRENT_STATEMENT_MS_MAX + 1_000 } as pg.QueryConfig);
    }
    await recordMigration(client, migration);
    return false;
  } catch (error) {
    if (mayLose && isLostLock(error)) return true;
    throw new StartupError(`Migration ${migration.name} failed and is repeated at the next start: ${reasonOf(error)}`, { cause: error });
  } finally {
    await client.query(`SET lock_timeout = ${LOCK_WAIT_MS}; SET statement_timeout = ${STATEMENT_MS_MAX}`).catch(() => undefined);
  }
}

/** Returns true if a lock was not available and `mayLose` is set; the migration is then rolled back. */
async function tryMigration(client: pg.Client, migration: Migration, mayLose: boolean): Promise<boolean> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = ${TABLE_LOCK_WAIT_MS}`);
    await client.query(migration.sql);
    await recordMigration(client, migration);
    await client.query('COMMIT');
    return false;
  } catch (error) {
    await client.query('ROLLBACK');
    if (mayLose && isLostLock(error)) return true;
    throw new StartupError(`Migration ${migration.name} failed and was rolled back: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Takes the advisory lock. It asks repeatedly instead of waiting in the database, because an index that another process builds
 * concurrently waits for every older statement, including a statement that waits for this lock.
 */
async function takeLock(client: pg.Client): Promise<void> {
  const deadline = performance.now() + LOCK_WAIT_MS;
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [ADVISORY_LOCK]);
    if (rows[0]?.taken === true) return;
    if (performance.now() > deadline) {
      throw new StartupError('Another process is applying migrations. Wait until it has finished, then start this process again.');
    }
    await sleep(LOCK_RETRY_MS);
  }
}

/** The messages of Node and PostgreSQL do not contain the password. */
function failToStart(error: NodeJS.ErrnoException): never {
  throw new StartupError(`The database cannot be used: ${error.message || error.code}`, { cause: error });
}

/**
 * Applies the pending migrations of `prisma/migrations`. Each one runs in a transaction together with its row in
 * `_prisma_migrations`, which has Prisma's format, except those that are built concurrently. One advisory lock covers all of
 * them, so if several processes start together, one applies the migrations and the others wait. Unknown migrations in the
 * database are ignored: they belong to a newer version of Keyward that runs in parallel.
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
    await takeLock(client);
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

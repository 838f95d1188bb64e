// One embedded PostgreSQL for the whole run, with a migrated template that each test file clones.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { createLogger } from '../../dist/platform/logger.js';
import { migrate } from '../../dist/runtime/migrations.js';
import { startThrowawayPostgres } from '../../scripts/lib/throwaway-postgres.mjs';

// The database is temporary, so writes need not wait for the disk. An autovacuum process belongs to the superuser, and DROP
// DATABASE … WITH (FORCE) could not end it. The prefix of each log entry names the database and the application.
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off', log_line_prefix: '%d|%a|' };

/**
 * Lets the tests log the queries of single databases (test/support/queries.ts). Only a superuser may do so by default.
 *
 * @param {string} url
 */
async function allowLoggingOfQueries(url) {
  const client = new pg.Client({ connectionString: Object.assign(new URL(url), { username: 'postgres' }).href });
  await client.connect();
  await client.query('GRANT SET ON PARAMETER log_statement, log_min_messages TO keyward');
  await client.end();
}

export default async function globalSetup() {
  const directory = await mkdtemp(path.join(tmpdir(), 'keyward-test-'));
  const postgres = await startThrowawayPostgres(directory, SETTINGS);
  await migrate(postgres.url, createLogger('warn'));
  await allowLoggingOfQueries(postgres.url);
  process.env.TEST_TEMPLATE_URL = postgres.url;
  process.env.TEST_LOG_FILE = path.join(directory, 'data/postgres/postgresql.log');
  Object.assign(globalThis, { testPostgres: { postgres, directory } });
}

// One embedded PostgreSQL for the whole run, with a migrated template that each test file clones.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '../../dist/platform/logger.js';
import { migrate } from '../../dist/runtime/migrations.js';
import { startThrowawayPostgres } from '../../scripts/lib/throwaway-postgres.mjs';

// The database is temporary, so writes need not wait for the disk. An autovacuum process belongs to the superuser, and DROP
// DATABASE … WITH (FORCE) could not end it.
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' };

export default async function globalSetup() {
  const directory = await mkdtemp(path.join(tmpdir(), 'keyward-test-'));
  const postgres = await startThrowawayPostgres(directory, SETTINGS);
  await migrate(postgres.url, createLogger('warn'));
  process.env.TEST_TEMPLATE_URL = postgres.url;
  Object.assign(globalThis, { testPostgres: { postgres, directory } });
}

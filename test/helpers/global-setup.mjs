// One embedded PostgreSQL for the whole run, with a migrated template that each test file clones.
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepareDataDir } from '../../dist/platform/data-dir.js';
import { startEmbeddedPostgres } from '../../dist/platform/database/embedded-postgres.js';
import { migrate } from '../../dist/platform/database/migrations.js';
import { createLogger } from '../../dist/platform/logger.js';

export default async function globalSetup() {
  const logger = createLogger('warn');
  const dataDir = path.join(await mkdtemp(path.join(tmpdir(), 'keyward-test-')), 'data');
  await prepareDataDir(dataDir);
  // It is thrown away in the end: no need to wait for the disk.
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const postgres = await startEmbeddedPostgres({ dataDir, password: randomBytes(16).toString('hex'), logger, settings });
  await migrate(postgres.url, logger);
  process.env.TEST_TEMPLATE_URL = postgres.url;
  globalThis.testPostgres = { postgres, dataDir };
}

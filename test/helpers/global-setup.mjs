// One embedded PostgreSQL for the whole run, with a migrated template that each test file clones.
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { prepareDataDir } from '../../dist/platform/data-dir.js';
import { startEmbeddedPostgres } from '../../dist/platform/database/embedded-postgres.js';
import { migrate } from '../../dist/platform/database/migrations.js';
import { createLogger } from '../../dist/platform/logger.js';

// The server's role has the rights that it has in use, except that the tests clone databases.
const HBA = 'local all postgres trust\nlocal all keyward scram-sha-256\n';

async function allowNewDatabases(url) {
  const client = new pg.Client({ connectionString: Object.assign(new URL(url), { username: 'postgres' }).href });
  await client.connect();
  await client.query('ALTER ROLE keyward CREATEDB');
  await client.end();
}

export default async function globalSetup() {
  const logger = createLogger('warn');
  const directory = await mkdtemp(path.join(tmpdir(), 'keyward-test-'));
  const dataDir = path.join(directory, 'data');
  await prepareDataDir(dataDir);
  const hba = path.join(directory, 'pg_hba.conf');
  await writeFile(hba, HBA);
  await chmod(directory, 0o711);
  // It is thrown away in the end: no need to wait for the disk.
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', hba_file: hba };
  const postgres = await startEmbeddedPostgres({ dataDir, password: randomBytes(16).toString('hex'), logger, settings });
  await allowNewDatabases(postgres.url);
  await migrate(postgres.url, logger);
  process.env.TEST_TEMPLATE_URL = postgres.url;
  globalThis.testPostgres = { postgres, dataDir };
}

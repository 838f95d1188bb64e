// An embedded PostgreSQL for tests and benchmarks. The server's role has its usual rights, and may also create databases.
import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';

const HBA = 'local all postgres trust\nlocal all keyward scram-sha-256\n';

/**
 * Starts PostgreSQL in a new folder `data` of the directory. Call `prepare` first, because this function imports the build.
 *
 * @param {string} directory
 * @param {Record<string, string>} settings of PostgreSQL
 */
export async function startThrowawayPostgres(directory, settings = {}) {
  const { prepareDataDir } = await import('../../dist/runtime/data-dir.js');
  const { startEmbeddedPostgres } = await import('../../dist/runtime/embedded-postgres/embedded-postgres.js');
  const { createLogger } = await import('../../dist/platform/logger.js');
  const dataDir = path.join(directory, 'data');
  await prepareDataDir(dataDir);
  const hba = path.join(directory, 'pg_hba.conf');
  await writeFile(hba, HBA);
  // PostgreSQL may run as another user.
  await chmod(directory, 0o711);
  const postgres = await startEmbeddedPostgres({
    dataDir,
    password: randomBytes(16).toString('hex'),
    logger: createLogger('warn'),
    settings: { hba_file: hba, ...settings },
  });
  const client = new pg.Client({ connectionString: Object.assign(new URL(postgres.url), { username: 'postgres' }).href });
  await client.connect();
  await client.query('ALTER ROLE keyward CREATEDB');
  await client.end();
  return postgres;
}

import type { Config } from '../config.js';
import { StartupError } from '../platform/errors/keyward-error.js';
import type { Logger } from '../platform/logger.js';
import { dataDirSecrets, prepareDataDir } from './data-dir.js';
import { startEmbeddedPostgres } from './embedded-postgres/embedded-postgres.js';
import { migrate } from './migrations.js';
import type { Closer } from './process-lifecycle.js';

/** The database and the secrets of the server and its commands. */
export interface Backing {
  databaseUrl: string;
  /** Newest first. */
  appSecrets: readonly Buffer[];
}

async function findBacking(config: Config, logger: Logger, closers: Closer[], join: boolean): Promise<Backing> {
  if (config.database.kind === 'external') {
    if (!config.appSecrets) throw new StartupError('APP_SECRETS is required with DATABASE_URL');
    return { databaseUrl: config.database.url, appSecrets: config.appSecrets };
  }
  await prepareDataDir(config.dataDir);
  const secrets = await dataDirSecrets(config.dataDir);
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, password: secrets.databasePassword, logger, join });
  closers.push(() => postgres.stop());
  return { databaseUrl: postgres.url, appSecrets: config.appSecrets ?? secrets.appSecrets };
}

/**
 * Opens the configured database, or starts the embedded one, and applies the pending migrations.
 *
 * @param closers receives a function that stops the embedded database
 * @param options.join whether to use the embedded database of a running server as well
 * @returns the database, and the secrets of the configuration or of the data directory
 * @throws {StartupError} if the database or the secrets are unavailable
 */
export async function openBacking(config: Config, logger: Logger, closers: Closer[], { join = false } = {}): Promise<Backing> {
  const backing = await findBacking(config, logger, closers, join);
  await migrate(backing.databaseUrl, logger);
  return backing;
}

import { type AppOptions, createApp, GRAPHQL_PATH } from './app.js';
import { type Config, loadConfig } from './config.js';
import { dataDirSecrets, prepareDataDir } from './platform/data-dir.js';
import { startEmbeddedPostgres } from './platform/database/embedded-postgres.js';
import { migrate } from './platform/database/migrations.js';
import { StartupError } from './platform/errors.js';
import { type Closer, runToEnd } from './platform/lifecycle.js';
import { createLogger, type Logger } from './platform/logger.js';

/** @returns the database and the secrets to run on: what is configured, else those of the data directory */
async function openBacking(config: Config, logger: Logger, closers: Closer[]): Promise<Pick<AppOptions, 'databaseUrl' | 'appSecrets'>> {
  if (config.database.kind === 'external') {
    if (!config.appSecrets) throw new StartupError('APP_SECRETS is required with DATABASE_URL');
    return { databaseUrl: config.database.url, appSecrets: config.appSecrets };
  }
  await prepareDataDir(config.dataDir);
  const secrets = await dataDirSecrets(config.dataDir);
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, password: secrets.databasePassword, logger });
  closers.push(() => postgres.stop());
  return { databaseUrl: postgres.url, appSecrets: config.appSecrets ?? secrets.appSecrets };
}

await runToEnd(async (closers) => {
  const config = loadConfig();
  const logger = createLogger(config.logLevel);
  const backing = await openBacking(config, logger, closers);
  await migrate(backing.databaseUrl, logger);
  const app = await createApp({ config, logger, ...backing });
  closers.push(() => app.close());
  const address = await app.http.listen({ host: config.host, port: config.port });
  const sandbox = config.introspection ? ' (open it in a browser for Apollo Sandbox)' : '';
  logger.info(`Keyward is ready: ${address}${GRAPHQL_PATH}${sandbox}`);
  return logger;
});

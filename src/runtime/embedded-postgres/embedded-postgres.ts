import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { StartupError } from '../../platform/errors/keyward-error.js';
import type { Logger } from '../../platform/logger.js';
import { type Cluster, DATABASE, MAINTENANCE_DATABASE, openCluster, ROLE } from './embedded-cluster.js';
import { type Endpoint, ensureRunning, START_SECONDS, stopPostmaster } from './postmaster.js';
import { type Attachment, takeServerLock } from './server-lock.js';
import { checkSocketFolder, chooseSocketFolder, removeTemporaryFolder, SOCKET_PORT } from './socket-folder.js';

const RETRY_AFTER_MS = 100;
const RESTART_AFTER_MS = 1_000;

export interface EmbeddedPostgres {
  /** URL of the database. It contains the password. */
  url: string;
  /** Stops PostgreSQL, unless another process owns it. To be called after the last query has finished. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Absolute path of the data directory, which must exist. */
  dataDir: string;
  password: string;
  logger: Logger;
  /** Settings of PostgreSQL that replace or extend the defaults of Keyward. */
  settings?: Readonly<Record<string, string>>;
  /** Whether to use the database of a running server as well. `stop` then leaves it running. */
  join?: boolean;
}

/** A connection to PostgreSQL, which may hold the server's lock, and where PostgreSQL listens. */
type Holding = Attachment & { endpoint: Endpoint };

async function createDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount !== 0) return;
  await client.query(`CREATE DATABASE ${DATABASE}`).catch((error: { code?: unknown }) => {
    // Another process created it at the same time: duplicate_database, or unique_violation of the catalogue.
    if (error.code !== '42P04' && error.code !== '23505') throw error;
  });
}

/** In a cluster of version 0.1.0 the server's role is the bootstrap superuser, which PostgreSQL cannot change to an ordinary role. */
async function openOldCluster(client: pg.Client, logger: Logger): Promise<void> {
  const { rows } = await client.query<{ isSuperuser: boolean }>(
    'SELECT rolsuper AS "isSuperuser" FROM pg_roles WHERE rolname = current_user',
  );
  if (!rows[0]?.isSuperuser) return;
  logger.warn(
    'The server connects as a superuser of the embedded database, which version 0.1.0 created. See "A data directory of 0.1.0" in docs/operations.md.',
  );
  await createDatabase(client);
}

function urlOf(endpoint: Endpoint, password: string, database: string): string {
  const isSocket = 'socketFolder' in endpoint;
  const url = new URL(`postgresql://${isSocket ? 'localhost' : '127.0.0.1'}:${isSocket ? SOCKET_PORT : endpoint.tcpPort}/${database}`);
  Object.assign(url, { username: ROLE, password });
  if (isSocket) url.searchParams.set('host', endpoint.socketFolder);
  url.searchParams.set('require_auth', 'scram-sha-256');
  return url.href;
}

/** Starts PostgreSQL or connects to a running one, and tries to take the server's lock. */
class Attacher {
  readonly #cluster: Cluster;
  readonly #options: EmbeddedPostgresOptions;
  /** Does not change while the process runs, because connections are reopened with the same URL. */
  #socketFolder: string | null = null;
  /** Whether this process started the running PostgreSQL. */
  #started = false;
  stopping = false;

  constructor(cluster: Cluster, options: EmbeddedPostgresOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  async attach(): Promise<Holding> {
    const deadline = Date.now() + START_SECONDS * 1_000;
    for (;;) {
      const holding = await this.#tryToAttach();
      if (holding) return holding;
      if (this.stopping || Date.now() > deadline)
        throw new StartupError(
          `The embedded PostgreSQL did not answer within ${START_SECONDS} s. See postgres/postgresql.log in DATA_DIR.`,
        );
      await sleep(RETRY_AFTER_MS);
    }
  }

  async #tryToAttach(): Promise<Holding | null> {
    const { dataDir, password, settings = {} } = this.#options;
    const { owner } = this.#cluster.user;
    const { endpoint, started } = await ensureRunning(this.#cluster, settings, async () => {
      this.#socketFolder ??= await chooseSocketFolder(dataDir, owner);
      return this.#socketFolder;
    });
    this.#started ||= started;
    if (!endpoint) return null;
    if ('socketFolder' in endpoint) await checkSocketFolder(endpoint.socketFolder, owner);
    const attachment = await takeServerLock(urlOf(endpoint, password, MAINTENANCE_DATABASE)).catch(async (error: unknown) => {
      if (this.#started) await stopPostmaster(this.#cluster);
      throw error;
    });
    if (!attachment?.holdsLock) return attachment && { ...attachment, endpoint };
    if ('socketFolder' in endpoint) {
      this.#socketFolder ??= endpoint.socketFolder;
      if (endpoint.socketFolder === this.#socketFolder) return { ...attachment, endpoint };
    }
    // A killed process left this PostgreSQL behind, with another socket folder. The lock was free, so no process uses it.
    await attachment.client.end();
    await stopPostmaster(this.#cluster);
    this.#started = false;
    return null;
  }

  /** Removes a temporary socket folder. PostgreSQL must not use it. */
  async removeSocketFolder(): Promise<void> {
    if (this.#socketFolder !== null) await removeTemporaryFolder(this.#socketFolder);
  }
}

/**
 * Starts the PostgreSQL of the npm package, or attaches to a PostgreSQL that a killed server left running on the
 * same directory. Restarts it if it stops unexpectedly.
 *
 * @throws {StartupError} if it cannot be created or started, or if another process uses it and `join` is false
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, password, logger, join = false } = options;
  const cluster = await openCluster(dataDir, password);
  const attacher = new Attacher(cluster, options);
  let recovering = Promise.resolve();

  const own = async (): Promise<Holding> => {
    const holding = await attacher.attach();
    if (holding.holdsLock) {
      holding.client.once('end', () => {
        recovering = recover();
      });
    } else if (!join) {
      await holding.client.end();
      await attacher.removeSocketFolder();
      throw new StartupError('Another Keyward process uses this DATA_DIR. Stop it, or set a different DATA_DIR.');
    }
    return holding;
  };

  const recover = async () => {
    while (!attacher.stopping) {
      try {
        logger.error('embedded database stopped unexpectedly; restarting it');
        current = await own();
        logger.info('embedded database restarted');
        return;
      } catch (error) {
        logger.error({ err: error }, 'embedded database failed to restart; retrying');
        await sleep(RESTART_AFTER_MS);
      }
    }
  };

  let current = await own();
  cluster.user.report(logger);
  await openOldCluster(current.client, logger);
  return {
    url: urlOf(current.endpoint, password, DATABASE),
    async stop() {
      attacher.stopping = true;
      await recovering;
      await current.client.end().catch(() => undefined);
      const failure = current.holdsLock ? await stopPostmaster(cluster) : null;
      if (failure === null) await attacher.removeSocketFolder();
      else logger.error({ reason: failure }, 'embedded database failed to stop');
    },
  };
}

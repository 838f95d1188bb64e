import pg from 'pg';
import type { Logger } from '../logger.js';
import { ScramClient } from './scram-client.js';

export type Pool = pg.Pool;

/**
 * Timeouts of the steps of a query, in milliseconds. The driver has none by default. `query` must be the longest, so that
 * PostgreSQL cancels a statement before the client closes the connection.
 */
export interface PoolTimeouts {
  /** For a connection: a new one, or an idle one of the pool. */
  connect: number;
  lock: number;
  statement: number;
  query: number;
}

const IDLE_IN_TRANSACTION_MS = 5_000;
const KEEP_IDLE_MS = 30_000;

/**
 * A client that closes its connection when a query times out. The driver would keep the connection: the ROLLBACK of its
 * transaction would wait for the lost query and time out as well, and the connection would return to the pool with the
 * transaction still open, so that the next user would write into it.
 */
class MortalClient extends ScramClient {
  // biome-ignore lint/suspicious/noExplicitAny: pg declares a dozen overloads, and this passes on the arguments of each.
  override query(...args: any[]): any {
    const result: unknown = Reflect.apply(super.query, this, args);
    if (result instanceof Promise) {
      result.catch((error: Error) => {
        if (error.message === 'Query read timeout') void this.end().catch(() => undefined);
      });
    }
    return result;
  }
}

/** Returns the timeouts of a pool, for a connection outside it. */
export const timeoutsOf = ({ options }: Pool): PoolTimeouts => ({
  connect: options.connectionTimeoutMillis ?? 0,
  lock: options.lock_timeout ?? 0,
  statement: Number(options.statement_timeout ?? 0),
  query: options.query_timeout ?? 0,
});

/** Creates a pool of connections to one database. It connects when a query needs a connection. */
export function createPool(
  url: string,
  logger: Logger,
  options: { applicationName: string; connectionsMax: number; timeoutsMs: PoolTimeouts },
): Pool {
  const { applicationName, connectionsMax, timeoutsMs } = options;
  const pool = new pg.Pool({
    Client: MortalClient,
    connectionString: url,
    application_name: applicationName,
    max: connectionsMax,
    connectionTimeoutMillis: timeoutsMs.connect,
    idleTimeoutMillis: KEEP_IDLE_MS,
    lock_timeout: timeoutsMs.lock,
    statement_timeout: timeoutsMs.statement,
    query_timeout: timeoutsMs.query,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
  });
  // Without a listener, the loss of an idle connection would end the process.
  pool.on('error', (error) => logger.warn({ err: error, pool: applicationName }, 'idle database connection lost'));
  return pool;
}

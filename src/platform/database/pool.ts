import pg from 'pg';
import type { Logger } from '../logger.js';
import { ScramClient } from './scram-client.js';

export type Pool = pg.Pool;

/**
 * What a single step of talking to PostgreSQL may take, in milliseconds. The driver itself would wait for ever. The
 * server's own limits come first, so that it gives up a statement before the client walks away from it.
 */
export interface PoolTimeouts {
  /** Until there is a connection, a new one or one that others let go of. */
  connect: number;
  lock: number;
  statement: number;
  query: number;
}

const IDLE_IN_TRANSACTION_MS = 5_000;
const KEEP_IDLE_MS = 30_000;

/**
 * A connection that ends when an answer on it does not come in time. The driver would keep it: a transaction's ROLLBACK then waits
 * behind the lost query until it is given up too, which doubles the time, and the connection goes back to the pool with the
 * transaction open, into which the next one's writes would fall.
 */
class MortalClient extends ScramClient {
  // biome-ignore lint/suspicious/noExplicitAny: pg declares a dozen overloads, all of which pass through as they are.
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

/**
 * @returns connections to one database, made when they are needed
 */
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
  // Without a listener an idle connection that breaks would end the process.
  pool.on('error', (error) => logger.warn({ err: error, pool: applicationName }, 'idle database connection lost'));
  return pool;
}

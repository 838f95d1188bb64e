import { PrismaPg } from '@prisma/adapter-pg';
import type { Logger } from '../logger.js';
import { type Prisma, PrismaClient } from './generated/client.js';

/** Prisma's models: the repositories of this design. */
export type Database = PrismaClient;

/** The same inside of a transaction. */
export type Transaction = Prisma.TransactionClient;

/**
 * What a single step of talking to PostgreSQL may take, in milliseconds. The driver itself would wait for ever. The
 * server's own limits come first, so that it gives up a statement before the client walks away from it.
 */
const TIMEOUTS_MS = {
  connect: 2_000,
  lock: 2_000,
  statement: 3_000,
  query: 3_500,
  idleInTransaction: 5_000,
  transaction: 4_000,
  keepIdle: 30_000,
};

const CONNECTIONS_MAX = 10;

/**
 * @returns a client that connects at its first query
 */
export function createDatabase(url: string, logger: Logger): Database {
  const adapter = new PrismaPg(
    {
      connectionString: url,
      application_name: 'keyward',
      max: CONNECTIONS_MAX,
      connectionTimeoutMillis: TIMEOUTS_MS.connect,
      idleTimeoutMillis: TIMEOUTS_MS.keepIdle,
      lock_timeout: TIMEOUTS_MS.lock,
      statement_timeout: TIMEOUTS_MS.statement,
      query_timeout: TIMEOUTS_MS.query,
      idle_in_transaction_session_timeout: TIMEOUTS_MS.idleInTransaction,
      keepAlive: true,
    },
    {
      onPoolError: (error) => logger.warn({ err: error }, 'idle database connection lost'),
      onConnectionError: (error) => logger.warn({ err: error }, 'database connection lost'),
    },
  );
  return new PrismaClient({
    adapter,
    // The default shows the arguments of a failed call, which are somebody's data.
    errorFormat: 'minimal',
    transactionOptions: { maxWait: TIMEOUTS_MS.connect, timeout: TIMEOUTS_MS.transaction },
  });
}

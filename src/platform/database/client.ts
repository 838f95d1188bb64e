import { PrismaPg } from '@prisma/adapter-pg';
import type { Logger } from '../logger.js';
import { type Prisma, PrismaClient } from './generated/client.js';
import { createPool, type Pool } from './pool.js';

/** Prisma's models: the repositories of this design. */
export type Database = PrismaClient;

/** The same inside of a transaction. */
export type Transaction = Prisma.TransactionClient;

/** Together (connect + query) they leave some of the 5 s in which every request has to end, for a hash and its turn. */
const TIMEOUTS_MS = { connect: 1_500, lock: 2_000, statement: 2_200, query: 2_700 };
const TRANSACTION_MS_MAX = 4_000;

/** Nobody waits for an answer: what other work of the server holds up for a moment doesn't end a command. */
const COMMAND_TIMEOUTS_MS = { connect: 5_000, lock: 10_000, statement: 15_000, query: 16_000 };
const COMMAND_TRANSACTION_MS_MAX = 30_000;
const CONNECTIONS_MAX = 10;

/** The connections of everything but verification, which has its own. */
export const createMainPool = (url: string, logger: Logger): Pool =>
  createPool(url, logger, { applicationName: 'keyward', connectionsMax: CONNECTIONS_MAX, timeoutsMs: TIMEOUTS_MS });

/** The one connection of a command. */
export const createCommandPool = (url: string, logger: Logger): Pool =>
  createPool(url, logger, { applicationName: 'keyward command', connectionsMax: 1, timeoutsMs: COMMAND_TIMEOUTS_MS });

/**
 * @returns a client that connects at its first query; the pool isn't ended with it
 */
export function createDatabase(pool: Pool, logger: Logger, transactionMsMax = TRANSACTION_MS_MAX): Database {
  const adapter = new PrismaPg(pool, { onConnectionError: (error) => logger.warn({ err: error }, 'database connection lost') });
  return new PrismaClient({
    adapter,
    // The default shows the arguments of a failed call, which are somebody's data.
    errorFormat: 'minimal',
    transactionOptions: { maxWait: TIMEOUTS_MS.connect, timeout: transactionMsMax },
  });
}

/** As createDatabase, for the pool of a command. */
export const createCommandDatabase = (pool: Pool, logger: Logger): Database => createDatabase(pool, logger, COMMAND_TRANSACTION_MS_MAX);

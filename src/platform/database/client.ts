import { PrismaPg } from '@prisma/adapter-pg';
import type { Logger } from '../logger.js';
import { type Prisma, PrismaClient } from './generated/client.js';
import { createPool, type Pool, type PoolTimeouts, timeoutsOf } from './pool.js';
import { nameOfPrepared } from './prepared-statement.js';

export type { PoolTimeouts };

/** Prisma's client. Services query its models directly. */
export type Database = PrismaClient;

/** The client inside a transaction, or the client itself. */
export type Transaction = Prisma.TransactionClient;

/** `connect` and `query` together leave time for a hash and its queue within the 5 s that a request may take. */
const TIMEOUTS_MS = { connect: 1_500, lock: 2_000, statement: 2_200, query: 2_700 };
const TRANSACTION_MS_MAX = 4_000;

/** Longer for commands: no client waits for them, and a busy server must not make them fail. */
const COMMAND_TIMEOUTS_MS = { connect: 5_000, lock: 10_000, statement: 15_000, query: 16_000 };
const COMMAND_TRANSACTION_MS_MAX = 30_000;
const CONNECTIONS_MAX = 10;

/** Creates the pool of the server. Verification has its own pool. @param timeoutsMs other timeouts than the usual ones, for tests */
export const createMainPool = (url: string, logger: Logger, timeoutsMs: Partial<PoolTimeouts> = {}): Pool =>
  createPool(url, logger, {
    applicationName: 'keyward',
    connectionsMax: CONNECTIONS_MAX,
    timeoutsMs: { ...TIMEOUTS_MS, ...timeoutsMs },
  });

/** Creates the pool of a command, with one connection. */
export const createCommandPool = (url: string, logger: Logger): Pool =>
  createPool(url, logger, { applicationName: 'keyward command', connectionsMax: 1, timeoutsMs: COMMAND_TIMEOUTS_MS });

/** Creates a Prisma client on a pool. It connects at its first query, and its `$disconnect` does not end the pool. */
export function createDatabase(pool: Pool, logger: Logger, transactionMsMax = TRANSACTION_MS_MAX): Database {
  const timeoutsMs = timeoutsOf(pool);
  const adapter = new PrismaPg(pool, {
    statementNameGenerator: nameOfPrepared,
    onConnectionError: (error) => logger.warn({ err: error }, 'database connection lost'),
  });
  return new PrismaClient({
    adapter,
    // The default format shows the arguments of a failed call, which are user data.
    errorFormat: 'minimal',
    transactionOptions: { maxWait: timeoutsMs.connect, timeout: Math.max(transactionMsMax, timeoutsMs.query) },
  });
}

/** Creates a Prisma client on the pool of a command. */
export const createCommandDatabase = (pool: Pool, logger: Logger): Database => createDatabase(pool, logger, COMMAND_TRANSACTION_MS_MAX);

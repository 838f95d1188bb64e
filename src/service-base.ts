import { AuditRecorder } from './audit/audit-recorder.js';
import type { Config } from './config.js';
import { type Clock, systemClock } from './platform/clock.js';
import { createCommandDatabase, createCommandPool, createDatabase, createMainPool } from './platform/database/client.js';
import type { Logger } from './platform/logger.js';
import { Cursors } from './platform/pagination.js';
import { createMetrics } from './platform/process-metrics.js';
import { HashQueue, passwordQueueLimits } from './platform/queues/hash-queue.js';
import { createRedis } from './platform/rate-limit/redis.js';
import { SharedWindowCounter } from './platform/rate-limit/shared-window-counter.js';
import { type Budgets, WindowCounter } from './platform/rate-limit/window-counter.js';
import { AppSecrets } from './platform/secrets.js';
import { createVerificationPool } from './verification/key-lookup.js';
import { createWebhookPool } from './webhooks/create-webhooks.js';
import { recordAuditedEvents } from './webhooks/event-recorder.js';

export interface ServiceOptions {
  config: Config;
  databaseUrl: string;
  /** Newest first. */
  appSecrets: readonly Buffer[];
  logger: Logger;
  /**
   * Whether the services are for the command line: one database connection with longer timeouts, and rate limits in this process
   * alone, without Redis.
   */
  isCommand?: boolean;
  /** The options below are passed by tests only. */
  clock?: Clock;
  /** Source of randomness. */
  random?: (bytes: number) => Buffer;
  /** Queue for the hashes of passwords. */
  hashes?: HashQueue;
  /** Queue for the hashes of new keys. */
  keyHashes?: HashQueue;
}

/** Creates the connections. Each connects at its first use. */
function createConnections({ databaseUrl, logger, isCommand = false }: ServiceOptions) {
  const mainPool = isCommand ? createCommandPool(databaseUrl, logger) : createMainPool(databaseUrl, logger);
  return {
    mainPool,
    verificationPool: createVerificationPool(databaseUrl, logger),
    webhookPool: createWebhookPool(databaseUrl, logger),
    database: isCommand ? createCommandDatabase(mainPool, logger) : createDatabase(mainPool, logger),
  };
}

/** Creates what the services share: connections, queues, counters, secrets and the audit log. */
export function createBase(options: ServiceOptions) {
  const { config, logger, clock = systemClock, isCommand = false } = options;
  const connections = createConnections(options);
  const { mainPool, verificationPool, database } = connections;
  const { hashes = new HashQueue(passwordQueueLimits()), keyHashes = new HashQueue() } = options;
  const metrics = createMetrics(
    { main: mainPool, verification: verificationPool, webhooks: connections.webhookPool },
    { password: hashes, key: keyHashes },
  );
  const redis = config.redisUrl === undefined || isCommand ? undefined : createRedis(config.redisUrl, { logger, metrics });
  const budgetsOf = (name: string, keysMax?: number): Budgets => {
    const inMemory = new WindowCounter({ clock, ...(keysMax !== undefined && { keysMax }) });
    return redis ? new SharedWindowCounter({ redis, name, fallback: inMemory, clock, logger }) : inMemory;
  };
  const secrets = new AppSecrets(options.appSecrets);
  const cursors = new Cursors(secrets.keysFor('cursor'));
  const audit = new AuditRecorder({ database, clock, logger, refusals: budgetsOf('refusal'), sink: recordAuditedEvents });
  return { ...options, ...connections, clock, hashes, keyHashes, metrics, redis, budgetsOf, secrets, cursors, audit };
}

export type Base = ReturnType<typeof createBase>;

import { Redis } from 'ioredis';
import { Gauge, type Registry } from 'prom-client';
import type { Logger } from '../logger.js';

export type { Redis };

/** A command that takes longer fails. Each caller of Redis counts in memory instead. */
const COMMAND_MS_MAX = 250;

/** A connection on which an answer is awaited and nothing arrives for this time is closed. */
const SILENCE_MS_MAX = 1_000;

const CONNECT_MS_MAX = 2_000;

/** The longest pause between two attempts to connect. */
const RETRY_MS_MAX = 2_000;

/**
 * Connects to Redis or Valkey in the background, and reconnects whenever the connection is lost. A command without a
 * connection fails at once. The loss and the return are one log line each, independent of the number of attempts between.
 *
 * @param url `redis://` or `rediss://`. It may contain a password, so it is never logged.
 */
export function createRedis(url: string, options: { logger: Logger; metrics: Registry }): Redis {
  const { logger } = options;
  const redis = new Redis(url, {
    connectionName: 'keyward',
    commandTimeout: COMMAND_MS_MAX,
    socketTimeout: SILENCE_MS_MAX,
    connectTimeout: CONNECT_MS_MAX,
    retryStrategy: (tries) => Math.min(25 * 2 ** tries, RETRY_MS_MAX) * (0.75 + Math.random() / 4),
    enableOfflineQueue: false,
    // A command that was in flight when the connection broke may have been executed, so it must not be sent again.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  });
  let isUp: boolean | undefined;
  let lastError: Error | undefined;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  redis.on('close', () => {
    // The status is `end` after a call of disconnect().
    if (isUp === false || redis.status === 'end') return;
    isUp = false;
    logger.warn({ err: lastError }, 'Redis connection lost; counting limits per process');
  });
  redis.on('ready', () => {
    isUp = true;
    lastError = undefined;
    logger.info('Redis connected; sharing limits between all processes');
  });
  new Gauge({
    name: 'keyward_redis_up',
    help: 'Whether limits are shared through Redis (1), or counted in this process because Redis is unavailable (0).',
    registers: [options.metrics],
    collect() {
      this.set(redis.status === 'ready' ? 1 : 0);
    },
  });
  return redis;
}

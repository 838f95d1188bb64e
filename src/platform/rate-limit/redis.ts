import { Redis } from 'ioredis';
import { Gauge, type Registry } from 'prom-client';
import type { Logger } from '../logger.js';

export type { Redis };

/** A command that takes longer is given up: whoever waits for it has a fallback. */
const COMMAND_MS_MAX = 250;

/** A connection on which nothing arrives for so long, while something is awaited, is given up too. */
const SILENCE_MS_MAX = 1_000;

const CONNECT_MS_MAX = 2_000;

/** The longest pause between two tries to connect. */
const RETRY_MS_MAX = 2_000;

/**
 * Connects to Redis or Valkey in the background, and again whenever the connection is lost. A command while there is none
 * fails at once. The loss and the return are one line in the log each, however many tries lie between.
 *
 * @param url `redis://` or `rediss://`, with a password perhaps: it is never logged
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
    // What was in flight when the connection broke fails at once, and is never sent a second time.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  });
  let isUp: boolean | undefined;
  let lastError: Error | undefined;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  redis.on('close', () => {
    // `end` is our own doing.
    if (isUp === false || redis.status === 'end') return;
    isUp = false;
    logger.warn({ err: lastError }, 'Redis is away: limits are counted in this process until it is back');
  });
  redis.on('ready', () => {
    isUp = true;
    lastError = undefined;
    logger.info('Redis is there: limits are shared by all processes');
  });
  new Gauge({
    name: 'keyward_redis_up',
    help: 'Whether limits are shared through Redis (1), or counted in this process because Redis is away (0).',
    registers: [options.metrics],
    collect() {
      this.set(redis.status === 'ready' ? 1 : 0);
    },
  });
  return redis;
}

import type { Redis, Result } from 'ioredis';
import type { Budget } from './window-counter.js';

/**
 * Consumes from several windows, or from none of them if one has too little left. A negative amount returns what was consumed.
 * Behaves as WindowCounter does: a window begins with the first consumption, a rejected attempt is not counted, and a changed
 * length applies to the open window. A window is a hash of the consumed amount and of its length, and Redis lets it expire. An
 * empty window is deleted.
 *
 * KEYS: the windows. ARGV, for each window: the amount, the length in seconds, the limit.
 * Returns, for each window: 1 if as much was left, otherwise 0; the consumed amount; the milliseconds until the window ends.
 */
const CONSUME = `
local reply, windows, allowed = {}, {}, true
for i, key in ipairs(KEYS) do
  local amount, seconds, limit = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local stored, ttl = redis.call('HMGET', key, 'spent', 'seconds'), redis.call('PTTL', key)
  local spent = tonumber(stored[1]) or 0
  if ttl > 0 then ttl = ttl + (seconds - tonumber(stored[2])) * 1000 end
  if ttl <= 0 then spent, ttl = 0, seconds * 1000 end
  local fits = amount <= 0 or spent + amount <= limit
  allowed = allowed and fits
  windows[i] = {key, spent, math.max(0, spent + amount), seconds, ttl, fits and 1 or 0}
end
for i, window in ipairs(windows) do
  local key, before, after, seconds, ttl, fits = unpack(window)
  if allowed and after == 0 then redis.call('DEL', key) end
  if allowed and after > 0 then
    redis.call('HSET', key, 'spent', after, 'seconds', seconds)
    redis.call('PEXPIRE', key, ttl)
  end
  reply[3 * i - 2], reply[3 * i - 1], reply[3 * i] = fits, allowed and after or before, ttl
end
return reply`;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    keywardConsume(numberOfKeys: number, ...keysAndArguments: (string | number)[]): Result<number[], Context>;
  }
}

/** A window in Redis, and what to consume from it. */
export interface Consumption {
  key: string;
  budget: Budget;
  /** Negative to return what was consumed, 0 to read the window. */
  amount: number;
}

/** A window after an attempt. */
export interface WindowState {
  /** Whether enough was left. Nothing was consumed from any window unless this is true for all of them. */
  allowed: boolean;
  spent: number;
  /** Milliseconds until the window ends, by the clock of Redis. */
  endsInMs: number;
}

/** Fixed windows that are stored in Redis and changed by a script, so that concurrent attempts are counted exactly. */
export class RedisWindows {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    // ioredis sends EVALSHA, and the text of the script only after Redis replied that it does not have it.
    redis.defineCommand('keywardConsume', { lua: CONSUME });
    this.#redis = redis;
  }

  /**
   * Consumes from all of these windows, or from none of them if one has too little left.
   *
   * @throws the error of the connection or of Redis
   */
  async consume<const T extends readonly Consumption[]>(consumptions: T): Promise<{ [K in keyof T]: WindowState }>;
  async consume(consumptions: readonly Consumption[]): Promise<WindowState[]> {
    const keys = consumptions.map(({ key }) => key);
    const args = consumptions.flatMap(({ amount, budget }) => [amount, budget.windowSeconds, budget.limit]);
    const reply = await this.#redis.keywardConsume(keys.length, ...keys, ...args);
    return keys.map((_key, index) => {
      const [fits = 0, spent = 0, endsInMs = 0] = reply.slice(3 * index);
      return { allowed: fits === 1, spent, endsInMs };
    });
  }
}

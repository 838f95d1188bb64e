import { LRUCache } from 'lru-cache';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Redis } from './redis.js';
import type { Budget, Budgets, Spending } from './window-counter.js';

/** Budgets of different size that are kept ready. Another one costs some microseconds. */
const LIMITERS_MAX = 1_000;

/** Redis may be there and refuse (out of memory, read-only, no permission). That is told this often at most. */
const TELL_EVERY_MS = 60_000;

/**
 * rate-limiter-flexible's own script counts refused attempts too, starts a window by giving back, and leaves a window that is
 * open at its old length. This one does as WindowCounter does. A window is a hash of what is spent and of its length, and
 * ends when Redis lets it expire. A window of which nothing is spent is deleted, so that it takes no room.
 *
 * KEYS[1] the window; ARGV: how much to spend or -1 to give back, seconds of a window, the limit.
 * Returns what is spent, the limit and one for a refusal, and the milliseconds until the window ends.
 */
const SCRIPT = `
local change, seconds, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window = redis.call('HMGET', KEYS[1], 'spent', 'seconds')
local spent, ttl = tonumber(window[1]) or 0, redis.call('PTTL', KEYS[1])
if ttl > 0 then ttl = ttl + (seconds - tonumber(window[2])) * 1000 end
if ttl <= 0 then spent, ttl = 0, seconds * 1000 end
if change > 0 and spent + change > limit then return {limit + 1, ttl} end
if change < 0 and spent <= 1 then
  redis.call('DEL', KEYS[1])
  return {0, ttl}
end
redis.call('HSET', KEYS[1], 'spent', spent + change, 'seconds', seconds)
redis.call('PEXPIRE', KEYS[1], ttl)
return {spent + change, ttl}`;

/**
 * Counts in Redis, for all processes together; while Redis is away, in this process. By Redis' time: of the clock here
 * only the moment is taken at which a window ends.
 */
export class SharedWindowCounter implements Budgets {
  readonly #redis: Redis;
  readonly #name: string;
  readonly #fallback: Budgets;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limiters = new LRUCache<string, RateLimiterRedis>({ max: LIMITERS_MAX });
  #toldAt = Number.NEGATIVE_INFINITY;

  /** @param options.name sets these keys apart from those of other counters in the same Redis */
  constructor(options: { redis: Redis; name: string; fallback: Budgets; clock: Clock; logger: Logger }) {
    this.#redis = options.redis;
    this.#name = options.name;
    this.#fallback = options.fallback;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  async spend(key: string, budget: Budget, amount = 1): Promise<Spending> {
    try {
      return this.#spendingOf(await this.#limiterOf(budget).consume(key, amount), true);
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return this.#spendingOf(refusal, false);
      this.#tell(refusal);
      return this.#fallback.spend(key, budget, amount);
    }
  }

  async peek(key: string, budget: Budget): Promise<Spending> {
    return this.#fallback.peek(key, budget);
  }

  async giveBack(key: string, budget: Budget): Promise<void> {
    try {
      await this.#limiterOf(budget).reward(key);
    } catch (error) {
      this.#tell(error);
      await this.#fallback.giveBack(key, budget);
    }
  }

  #spendingOf({ remainingPoints, msBeforeNext }: RateLimiterRes, allowed: boolean): Spending {
    return {
      allowed,
      remaining: remainingPoints,
      resetsAt: new Date(this.#clock.now().getTime() + msBeforeNext),
      resetsInSeconds: Math.max(1, Math.ceil(msBeforeNext / 1_000)),
    };
  }

  /** One of the library's limiters has one limit and one length. */
  #limiterOf({ limit, windowSeconds }: Budget): RateLimiterRedis {
    const id = `${limit}/${windowSeconds}`;
    const kept = this.#limiters.get(id);
    if (kept) return kept;
    const limiter = new RateLimiterRedis({
      storeClient: this.#redis,
      keyPrefix: `keyward:${this.#name}`,
      points: limit,
      duration: windowSeconds,
      customIncrTtlLuaScript: SCRIPT,
      rejectIfRedisNotReady: true,
    });
    this.#limiters.set(id, limiter);
    return limiter;
  }

  /** That Redis is away was told when the connection was lost. */
  #tell(error: unknown): void {
    const now = performance.now();
    if (this.#redis.status !== 'ready' || now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    this.#logger.warn({ err: error }, 'Redis did not count: counted in this process instead');
  }
}

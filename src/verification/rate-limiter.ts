import type { Clock } from '../platform/clock.js';
import { type Budget, type Spending, WindowCounter } from '../platform/window-counter.js';

/** Keys in use at once in one process, those with a rate limit. A window takes some 200 bytes. */
const KEYS_MAX = 200_000;

/** Counts what is spent of the rate limits of keys. */
export interface RateLimiter {
  /**
   * Takes one from a rate limit if there is one left.
   *
   * @param id of a key, or of the first one of a chain of rotations
   */
  spend(id: string, rateLimit: Budget): Promise<Spending>;
}

/** Counts in this process: with several replicas each lets through the whole limit. */
export class MemoryRateLimiter implements RateLimiter {
  readonly #counter: WindowCounter;

  constructor(clock: Clock) {
    this.#counter = new WindowCounter({ clock, keysMax: KEYS_MAX });
  }

  async spend(id: string, rateLimit: Budget): Promise<Spending> {
    return this.#counter.spend(id, rateLimit);
  }
}

import { QUEUE_USE_LIMITS } from '../limits.js';
import { RecencyMap } from './recency-map.js';

interface Use {
  amount: number;
  at: number;
}

/** Counts recent uses by key. The count of a key halves with each half-life. */
export class RecentUse {
  readonly #uses = new RecencyMap<Use>();
  readonly #now: () => number;

  /** @param now monotonic time in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(key: string): void {
    const now = this.#now();
    const amount = this.#amountOf(key, now) + 1;
    this.#uses.set(key, { amount, at: now });
    if (this.#uses.size <= QUEUE_USE_LIMITS.keysMax) return;
    const oldest = this.#uses.oldest();
    if (oldest) this.#uses.delete(oldest.key);
  }

  /** Returns the recent uses of the key, rounded: a single use counts as 1 for one half-life. */
  of(key: string | undefined): number {
    return key === undefined ? 0 : Math.round(this.#amountOf(key, this.#now()));
  }

  #amountOf(key: string, now: number): number {
    const use = this.#uses.get(key);
    return use ? use.amount * 0.5 ** ((now - use.at) / QUEUE_USE_LIMITS.halfLifeMs) : 0;
  }
}

import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.js';

/** What became of an attempt to spend from a budget. */
export interface Spending {
  allowed: boolean;
  /** Until the window ends and the budget is whole again. */
  retryAfterSeconds: number;
}

interface Window {
  spent: number;
  endsAt: number;
}

/**
 * Counts in fixed windows, each beginning with its key's first spending. Kept in memory and bounded: with more keys than
 * `keysMax` the one unused for longest is forgotten, so memory stays flat however many keys somebody tries.
 */
export class WindowCounter {
  readonly #windows: LRUCache<string, Window>;
  readonly #budget: number;
  readonly #windowMs: number;
  readonly #clock: Clock;

  constructor(options: { budget: number; windowSeconds: number; clock: Clock; keysMax?: number }) {
    this.#budget = options.budget;
    this.#windowMs = options.windowSeconds * 1_000;
    this.#clock = options.clock;
    this.#windows = new LRUCache({ max: options.keysMax ?? 50_000 });
  }

  /** Takes one from the key's budget if there is one left. A refused attempt doesn't lengthen the window. */
  spend(key: string): Spending {
    const now = this.#clock.now().getTime();
    let window = this.#windows.get(key);
    if (!window || window.endsAt <= now) {
      window = { spent: 0, endsAt: now + this.#windowMs };
      this.#windows.set(key, window);
    }
    const allowed = window.spent < this.#budget;
    if (allowed) window.spent += 1;
    return { allowed, retryAfterSeconds: Math.ceil((window.endsAt - now) / 1_000) };
  }

  /** Gives one back, as for an attempt that turned out well. */
  giveBack(key: string): void {
    const window = this.#windows.get(key);
    if (window && window.spent > 0) window.spent -= 1;
  }
}

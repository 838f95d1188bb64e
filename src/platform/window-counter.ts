import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.js';

/** How much may be spent in which time. */
export interface Budget {
  limit: number;
  windowSeconds: number;
}

/** What became of an attempt to spend from a budget. */
export interface Spending {
  allowed: boolean;
  /** After this one. */
  remaining: number;
  /** When the window ends and the budget is whole again. */
  resetsAt: Date;
  /** The same as whole seconds from now, 1 at least. */
  resetsInSeconds: number;
}

/** Counts what is spent of budgets, here or in a place that other processes count in too. Never fails. */
export interface Budgets {
  /**
   * Takes `amount`, or one, from the key's budget if as much is left. A refused attempt isn't counted and doesn't lengthen the window,
   * which begins with the key's first spending.
   *
   * @param budget as it is now: a change applies to the window that is open
   */
  spend(key: string, budget: Budget, amount?: number): Spending | Promise<Spending>;
  /** Gives one back, as for an attempt that turned out well. No more is given back than was spent in the window. */
  giveBack(key: string, budget: Budget): void | Promise<void>;
}

interface Window {
  spent: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

/**
 * Counts in fixed windows, each beginning with its key's first spending. Kept in memory and bounded: with more keys than
 * `keysMax` the one unused for longest is forgotten, so memory stays flat however many keys somebody tries.
 */
export class WindowCounter implements Budgets {
  readonly #windows: LRUCache<string, Window>;
  readonly #clock: Clock;

  constructor(options: { clock: Clock; keysMax?: number }) {
    this.#clock = options.clock;
    this.#windows = new LRUCache({ max: options.keysMax ?? 50_000 });
  }

  spend(key: string, budget: Budget, amount = 1): Spending {
    const now = this.#clock.now().getTime();
    const windowMs = budget.windowSeconds * 1_000;
    let window = this.#windows.get(key);
    // One that begins in the future was opened before the clock was set back.
    if (!window || window.startedAt + windowMs <= now || window.startedAt > now) {
      window = { spent: 0, startedAt: now };
      this.#windows.set(key, window);
    }
    const allowed = window.spent + amount <= budget.limit;
    if (allowed) window.spent += amount;
    const endsAt = window.startedAt + windowMs;
    return {
      allowed,
      remaining: Math.max(0, budget.limit - window.spent),
      resetsAt: new Date(endsAt),
      resetsInSeconds: Math.max(1, Math.ceil((endsAt - now) / 1_000)),
    };
  }

  giveBack(key: string): void {
    const window = this.#windows.get(key);
    if (window && window.spent > 0) window.spent -= 1;
  }
}

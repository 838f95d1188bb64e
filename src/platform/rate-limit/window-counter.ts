import type { Clock } from '../clock.js';
import { SIGN_IN_LIMITS } from '../limits.js';
import { RecencyMap } from '../queues/recency-map.js';

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
  /**
   * Returns whether `spend` would be allowed, and what is left of the budget. Changes nothing.
   *
   * @param budget the budget as it is now
   */
  peek(key: string, budget: Budget): Spending | Promise<Spending>;
  /** Gives one back, as for an attempt that turned out well. No more is given back than was spent in the window. */
  giveBack(key: string, budget: Budget): void | Promise<void>;
}

interface Window {
  spent: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
  windowMs: number;
}

/**
 * Counts in fixed windows, each beginning with its key's first spending. Kept in memory and bounded. With more keys than
 * `keysMax`, windows that are over are dropped first, then those of which least was spent, so that a counter close to its
 * limit cannot be pushed out by many that were used once.
 */
export class WindowCounter implements Budgets {
  /** By the number of binary digits of what was spent; in each the least recently used first. */
  readonly #segments: RecencyMap<Window>[] = [];
  readonly #keysMax: number;
  readonly #clock: Clock;
  #size = 0;

  constructor(options: { clock: Clock; keysMax?: number }) {
    this.#clock = options.clock;
    this.#keysMax = options.keysMax ?? SIGN_IN_LIMITS.countersMax;
  }

  spend(key: string, budget: Budget, amount = 1): Spending {
    const now = this.#clock.now().getTime();
    const window = currentWindow(this.#take(key), budget, now);
    const allowed = window.spent + amount <= budget.limit;
    if (allowed) window.spent += amount;
    this.#put(key, window, now);
    return spendingOf(window, budget, allowed, now);
  }

  peek(key: string, budget: Budget): Spending {
    const now = this.#clock.now().getTime();
    const window = currentWindow(this.#find(key), budget, now);
    return spendingOf(window, budget, window.spent < budget.limit, now);
  }

  giveBack(key: string): void {
    const window = this.#take(key);
    if (!window) return;
    window.spent -= 1;
    this.#put(key, window, this.#clock.now().getTime());
  }

  #find(key: string): Window | undefined {
    for (const segment of this.#segments) {
      const window = segment.get(key);
      if (window) return window;
    }
    return undefined;
  }

  /** Removes a window, and returns it. */
  #take(key: string): Window | undefined {
    for (const segment of this.#segments) {
      const window = segment.get(key);
      if (window && segment.delete(key)) {
        this.#size -= 1;
        return window;
      }
    }
    return undefined;
  }

  /** Stores a window as the one used last. One of which nothing is spent is as good as none, and takes no room. */
  #put(key: string, window: Window, now: number): void {
    if (window.spent <= 0) return;
    if (this.#size >= this.#keysMax) this.#dropOne(now);
    const digits = 32 - Math.clz32(window.spent);
    while (this.#segments.length <= digits) this.#segments.push(new RecencyMap());
    this.#segments[digits]?.set(key, window);
    this.#size += 1;
  }

  #dropOne(now: number): void {
    const oldest = this.#segments.map((segment) => ({ segment, entry: segment.oldest() }));
    const dropped = oldest.find(({ entry }) => entry && isOver(entry.value, now)) ?? oldest.find(({ entry }) => entry);
    if (dropped?.entry && dropped.segment.delete(dropped.entry.key)) this.#size -= 1;
  }
}

/** A window that begins in the future was opened before the clock was set back. */
const isOver = ({ startedAt, windowMs }: Window, now: number): boolean => startedAt + windowMs <= now || startedAt > now;

/** Returns the window with the length of the budget as it is now; a new one if there is none or it has ended. */
function currentWindow(window: Window | undefined, { windowSeconds }: Budget, now: number): Window {
  const windowMs = windowSeconds * 1_000;
  return window && !isOver({ ...window, windowMs }, now) ? { ...window, windowMs } : { spent: 0, startedAt: now, windowMs };
}

function spendingOf({ spent, startedAt, windowMs }: Window, { limit }: Budget, allowed: boolean, now: number): Spending {
  const endsAt = startedAt + windowMs;
  return {
    allowed,
    remaining: Math.max(0, limit - spent),
    resetsAt: new Date(endsAt),
    resetsInSeconds: Math.max(1, Math.ceil((endsAt - now) / 1_000)),
  };
}

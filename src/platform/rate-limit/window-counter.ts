import type { Clock } from '../clock.js';
import { SIGN_IN_LIMITS } from '../limits.js';
import { RecencyMap } from '../queues/recency-map.js';

/** A rate limit: at most `limit` per window. */
export interface Budget {
  limit: number;
  windowSeconds: number;
}

/** A rate limit and the key that it is counted under. */
export interface KeyedBudget {
  key: string;
  budget: Budget;
}

/** Result of an attempt to consume a rate limit. */
export interface Spending {
  allowed: boolean;
  /** Amount left in the window after this attempt. */
  remaining: number;
  /** Time at which the window ends and `remaining` is `limit` again. */
  resetsAt: Date;
  /** Seconds until `resetsAt`, rounded up, at least 1. */
  resetsInSeconds: number;
}

/** Counts the consumption of rate limits, in this process or together with other processes. Its methods never fail. */
export interface Budgets {
  /**
   * Consumes `amount` of the key's rate limit if it is left. A rejected attempt is not counted. The window starts with the
   * first attempt of the key, and later attempts do not extend it.
   *
   * The current `budget` applies, even if it changed during the window.
   *
   * @param amount 1 by default
   */
  spend(key: string, budget: Budget, amount?: number): Spending | Promise<Spending>;
  /**
   * Returns whether `spend` would be allowed, and how much of the rate limit is left. Changes nothing.
   */
  peek(key: string, budget: Budget): Spending | Promise<Spending>;
  /**
   * Consumes 1 of several rate limits with different keys, or of none of them if one has nothing left.
   *
   * @returns for each of them, whether it had enough left. Nothing was consumed unless that is true for all of them
   */
  spendAll(budgets: readonly KeyedBudget[]): Spending[] | Promise<Spending[]>;
  /** Returns for each rate limit what `peek` returns. Changes nothing. */
  peekAll(budgets: readonly KeyedBudget[]): Spending[] | Promise<Spending[]>;
  /** Returns 1 to the rate limit, as for a successful sign-in. The consumption of a window never becomes negative. */
  giveBack(key: string, budget: Budget): void | Promise<void>;
}

interface Window {
  spent: number;
  /** In milliseconds since the epoch. */
  startedAt: number;
  windowMs: number;
  /** Second of the window in which it last became the most recently used one. */
  placedIn: number;
}

/**
 * Counts in memory, in fixed windows that start with the first attempt of their key. With more than `keysMax` keys, expired
 * windows are dropped first, then those with the lowest consumption, so that an attacker cannot reset a counter that is
 * close to its limit by using many other keys once.
 */
export class WindowCounter implements Budgets {
  /** Windows by the number of binary digits of their consumption. Each segment has the least recently used first, exact to a second. */
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
    const segment = this.#segmentOf(key);
    const window = currentWindow(segment?.get(key), budget, now);
    const allowed = window.spent + amount <= budget.limit;
    if (allowed) window.spent += amount;
    this.#store(key, window, segment, now);
    return spendingOf(window, budget, allowed, now);
  }

  peek(key: string, budget: Budget): Spending {
    const now = this.#clock.now().getTime();
    const window = currentWindow(this.#segmentOf(key)?.get(key), budget, now);
    return spendingOf(window, budget, window.spent < budget.limit, now);
  }

  spendAll(budgets: readonly KeyedBudget[]): Spending[] {
    const now = this.#clock.now().getTime();
    const windows = budgets.map(({ key, budget }) => {
      const segment = this.#segmentOf(key);
      return { key, budget, segment, window: currentWindow(segment?.get(key), budget, now) };
    });
    const fits = windows.map(({ budget, window }) => window.spent < budget.limit);
    const allowed = !fits.includes(false);
    return windows.map(({ key, budget, segment, window }, index) => {
      if (allowed) window.spent += 1;
      this.#store(key, window, segment, now);
      return spendingOf(window, budget, fits[index] === true, now);
    });
  }

  peekAll(budgets: readonly KeyedBudget[]): Spending[] {
    return budgets.map(({ key, budget }) => this.peek(key, budget));
  }

  giveBack(key: string): void {
    const segment = this.#segmentOf(key);
    const window = segment?.get(key);
    if (!window) return;
    window.spent -= 1;
    this.#store(key, window, segment, this.#clock.now().getTime());
  }

  /** Returns the segment with the window of a key. The last segments have the busy keys. */
  #segmentOf(key: string): RecencyMap<Window> | undefined {
    for (let digits = this.#segments.length - 1; digits >= 0; digits -= 1) {
      const segment = this.#segments[digits];
      if (segment?.get(key) !== undefined) return segment;
    }
    return undefined;
  }

  /**
   * Stores a window as the most recently used one, at most once a second: to move it takes longer than all the rest. A window without
   * consumption is equal to a new one, so it is not stored.
   *
   * @param from the segment that has the window of the key now
   */
  #store(key: string, window: Window, from: RecencyMap<Window> | undefined, now: number): void {
    const digits = digitsOf(window);
    const second = Math.floor((now - window.startedAt) / 1_000);
    const wasPlaced = window.placedIn === second;
    window.placedIn = second;
    // The usual case.
    if (from !== undefined && from === this.#segments[digits] && from.get(key) === window) {
      if (!wasPlaced) from.set(key, window);
      return;
    }
    if (from?.delete(key)) this.#size -= 1;
    if (window.spent <= 0) return;
    if (this.#size >= this.#keysMax) this.#dropOne(now);
    while (this.#segments.length <= digits) this.#segments.push(new RecencyMap());
    this.#segments[digits]?.set(key, window);
    this.#size += 1;
  }

  #dropOne(now: number): void {
    const oldest = this.#segments.map((segment) => ({ segment, entry: segment.oldest() }));
    const dropped =
      oldest.find(({ entry }) => entry && isOver(entry.value, entry.value.windowMs, now)) ?? oldest.find(({ entry }) => entry);
    if (dropped?.entry && dropped.segment.delete(dropped.entry.key)) this.#size -= 1;
  }
}

/** Returns the number of binary digits of a consumption, which is the number of its segment. */
const digitsOf = ({ spent }: Window): number => 32 - Math.clz32(spent);

/** A window that starts in the future was stored before the clock was set back. */
const isOver = ({ startedAt }: Window, windowMs: number, now: number): boolean => startedAt + windowMs <= now || startedAt > now;

/**
 * Returns the current window of a key with the length that now applies: the stored one, or else a new one or a copy, which `#store` stores. A
 * caller that does not store the window must not change it.
 */
function currentWindow(window: Window | undefined, { windowSeconds }: Budget, now: number): Window {
  const windowMs = windowSeconds * 1_000;
  if (window === undefined || isOver(window, windowMs, now)) return { spent: 0, startedAt: now, windowMs, placedIn: 0 };
  return window.windowMs === windowMs ? window : { ...window, windowMs };
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

import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Redis } from './redis.js';
import { type Consumption, RedisWindows, type WindowState } from './redis-windows.js';
import type { Budget, Budgets, KeyedBudget, Spending } from './window-counter.js';

/** Minimum interval between log lines while Redis is connected and rejects commands (out of memory, read-only, no permission). */
const LOG_INTERVAL_MS = 60_000;

/**
 * Counts in Redis, for all processes together, and in this process while Redis is unavailable. A window ends by the clock of
 * Redis. The clock of this process is used only to compute the timestamp at which the window ends.
 */
export class SharedWindowCounter implements Budgets {
  readonly #redis: Redis;
  readonly #windows: RedisWindows;
  readonly #name: string;
  readonly #fallback: Budgets;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #loggedAt = Number.NEGATIVE_INFINITY;

  /** @param options.name distinguishes the keys of this counter from those of other counters in the same Redis */
  constructor(options: { redis: Redis; name: string; fallback: Budgets; clock: Clock; logger: Logger }) {
    this.#redis = options.redis;
    this.#windows = new RedisWindows(options.redis);
    this.#name = options.name;
    this.#fallback = options.fallback;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  async spend(key: string, budget: Budget, amount = 1): Promise<Spending> {
    try {
      const [window] = await this.#windows.consume([{ key: this.#keyOf(key), budget, amount }]);
      return this.#spendingOf(window, budget);
    } catch (error) {
      this.#log(error);
      return this.#fallback.spend(key, budget, amount);
    }
  }

  async peek(key: string, budget: Budget): Promise<Spending> {
    try {
      const [window] = await this.#windows.consume([{ key: this.#keyOf(key), budget, amount: 0 }]);
      return this.#spendingOf({ ...window, allowed: window.spent < budget.limit }, budget);
    } catch (error) {
      this.#log(error);
      return this.#fallback.peek(key, budget);
    }
  }

  async spendAll(budgets: readonly KeyedBudget[]): Promise<Spending[]> {
    try {
      return await this.#consumeAll(budgets, 1);
    } catch (error) {
      this.#log(error);
      return this.#fallback.spendAll(budgets);
    }
  }

  async peekAll(budgets: readonly KeyedBudget[]): Promise<Spending[]> {
    try {
      const spendings = await this.#consumeAll(budgets, 0);
      return spendings.map((spending) => ({ ...spending, allowed: spending.remaining > 0 }));
    } catch (error) {
      this.#log(error);
      return this.#fallback.peekAll(budgets);
    }
  }

  async giveBack(key: string, budget: Budget): Promise<void> {
    try {
      await this.#windows.consume([{ key: this.#keyOf(key), budget, amount: -1 }]);
    } catch (error) {
      this.#log(error);
      await this.#fallback.giveBack(key, budget);
    }
  }

  async #consumeAll(budgets: readonly KeyedBudget[], amount: number): Promise<Spending[]> {
    const consumptions: Consumption[] = budgets.map(({ key, budget }) => ({ key: this.#keyOf(key), budget, amount }));
    const windows: WindowState[] = await this.#windows.consume(consumptions);
    return budgets.flatMap(({ budget }, index) => {
      const window = windows[index];
      return window ? [this.#spendingOf(window, budget)] : [];
    });
  }

  #spendingOf({ allowed, spent, endsInMs }: WindowState, { limit }: Budget): Spending {
    return {
      allowed,
      remaining: Math.max(0, limit - spent),
      resetsAt: new Date(this.#clock.now().getTime() + endsInMs),
      resetsInSeconds: Math.max(1, Math.ceil(endsInMs / 1_000)),
    };
  }

  #keyOf(key: string): string {
    return `keyward:${this.#name}:${key}`;
  }

  /** Logs why Redis did not count, unless the lost connection was logged already. */
  #log(error: unknown): void {
    const now = performance.now();
    if (this.#redis.status !== 'ready' || now - this.#loggedAt < LOG_INTERVAL_MS) return;
    this.#loggedAt = now;
    this.#logger.warn({ err: error }, 'Redis did not count: counted in this process instead');
  }
}

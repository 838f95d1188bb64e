import { LRUCache } from 'lru-cache';
import { FAIR_USE_LIMITS } from '../platform/limits.js';
import type { Budgets } from '../platform/rate-limit/window-counter.js';

/** Users and targets with repetitions that are not told yet. The longest unused are forgotten. */
const TARGETS_MAX = 10_000;

/** Sums up refusals: the audit log can not be shortened, and a loop of requests would fill the disk. */
export class RefusalCounts {
  readonly #budgets: Budgets;
  readonly #repeated = new LRUCache<string, number>({ max: TARGETS_MAX });

  constructor(budgets: Budgets) {
    this.#budgets = budgets;
  }

  /**
   * @param target the user and what was asked for
   * @returns how many refusals were not told since the last one that was; null if this one is not to be told either
   */
  async count(target: string): Promise<number | null> {
    const { allowed } = await this.#budgets.spend(target, FAIR_USE_LIMITS.refusals);
    const repeated = this.#repeated.get(target) ?? 0;
    if (allowed) this.#repeated.delete(target);
    else this.#repeated.set(target, repeated + 1);
    return allowed ? repeated : null;
  }
}

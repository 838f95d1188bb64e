import { LRUCache } from 'lru-cache';
import { FAIR_USE_LIMITS } from '../platform/limits.js';
import type { Budgets } from '../platform/rate-limit/window-counter.js';

/** Maximum number of targets with unreported repetitions. The least recently used are discarded. */
const TARGETS_MAX = 10_000;

/**
 * Counts repeated rejections instead of recording each: the audit log is append-only, and a loop of requests would fill the disk.
 */
export class RefusalCounts {
  readonly #budgets: Budgets;
  readonly #repeated = new LRUCache<string, number>({ max: TARGETS_MAX });

  constructor(budgets: Budgets) {
    this.#budgets = budgets;
  }

  /**
   * Counts a rejection.
   *
   * @param target the user and the requested object
   * @returns the number of unrecorded rejections since the last recorded one; null if this rejection is not to be recorded
   */
  async count(target: string): Promise<number | null> {
    const { allowed } = await this.#budgets.spend(target, FAIR_USE_LIMITS.refusals);
    const repeated = this.#repeated.get(target) ?? 0;
    if (allowed) this.#repeated.delete(target);
    else this.#repeated.set(target, repeated + 1);
    return allowed ? repeated : null;
  }
}

import { databaseFault } from '../database/database-errors.js';
import { serviceUnavailable } from '../errors/keyward-error.js';
import { KEYED_QUEUE_LIMITS } from '../limits.js';

/** Limits for the tasks of one key. */
export interface KeyedQueueLimits {
  waitingMax: number;
  waitingMsMax: number;
}

interface Entry {
  tail: Promise<unknown>;
  tasks: number;
  /** Time at which a task last found the database unavailable. */
  unavailableAt: number;
}

/**
 * Runs the tasks of one key one after another, and those of different keys concurrently. A key without tasks takes no memory.
 * If a task finds the database unavailable, all waiting tasks of its key are rejected at once. Otherwise each of them would
 * run into its own timeout, and the last caller would wait for the sum of all timeouts.
 */
export class KeyedQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #limits: KeyedQueueLimits;
  readonly #now: () => number;

  /** @param now monotonic time in milliseconds; only tests pass it */
  constructor(limits: KeyedQueueLimits = KEYED_QUEUE_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Runs a task after all earlier tasks of its key, and returns its result.
   *
   * @throws {KeywardError} SERVICE_UNAVAILABLE if too many tasks of the key wait, or this one waited too long
   */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key) ?? { tail: Promise.resolve(), tasks: 0, unavailableAt: Number.NEGATIVE_INFINITY };
    if (entry.tasks >= this.#limits.waitingMax) throw serviceUnavailable(1);
    this.#entries.set(key, entry);
    entry.tasks += 1;
    const arrivedAt = this.#now();
    const result = entry.tail.then(() => {
      if (arrivedAt <= entry.unavailableAt) throw serviceUnavailable(2);
      if (this.#now() - arrivedAt > this.#limits.waitingMsMax) throw serviceUnavailable(5);
      return task();
    });
    entry.tail = result.catch((error: unknown) => {
      if (databaseFault(error) === 'unavailable') entry.unavailableAt = this.#now();
    });
    try {
      return await result;
    } finally {
      entry.tasks -= 1;
      if (entry.tasks === 0) this.#entries.delete(key);
    }
  }
}

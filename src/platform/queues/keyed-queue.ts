import { databaseFault } from '../database/database-errors.js';
import { serviceUnavailable } from '../errors/keyward-error.js';
import { KEYED_QUEUE_LIMITS } from '../limits.js';

/** The bounds of the tasks of one key. */
export interface KeyedQueueLimits {
  waitingMax: number;
  waitingMsMax: number;
}

interface Entry {
  tail: Promise<unknown>;
  tasks: number;
  /** When a task last found the database away. */
  awaySince: number;
}

/**
 * Runs the tasks of one key one after another, those of different keys side by side. Holds nothing for a key without tasks.
 * When one finds the database away, those that wait behind it are refused at once: each would have to find out for itself, and
 * the last one's caller be kept waiting for the sum of all timeouts.
 */
export class KeyedQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #limits: KeyedQueueLimits;
  readonly #now: () => number;

  /** @param now in milliseconds, never going back; given only by tests */
  constructor(limits: KeyedQueueLimits = KEYED_QUEUE_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** @throws {KeywardError} SERVICE_UNAVAILABLE when too many tasks of this key wait already, or this one did for too long */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key) ?? { tail: Promise.resolve(), tasks: 0, awaySince: Number.NEGATIVE_INFINITY };
    if (entry.tasks >= this.#limits.waitingMax) throw serviceUnavailable(1);
    this.#entries.set(key, entry);
    entry.tasks += 1;
    const arrivedAt = this.#now();
    const result = entry.tail.then(() => {
      if (arrivedAt <= entry.awaySince) throw serviceUnavailable(2);
      if (this.#now() - arrivedAt > this.#limits.waitingMsMax) throw serviceUnavailable(5);
      return task();
    });
    entry.tail = result.catch((error: unknown) => {
      if (databaseFault(error) === 'unavailable') entry.awaySince = this.#now();
    });
    try {
      return await result;
    } finally {
      entry.tasks -= 1;
      if (entry.tasks === 0) this.#entries.delete(key);
    }
  }
}

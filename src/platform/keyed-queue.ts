import { databaseFault } from './database/faults.js';
import { serviceUnavailable } from './errors.js';

/** How many tasks of one key may wait. More than any client has a use for; past it the caller is told to come again. */
const WAITING_MAX = 1_000;

/** How long one may wait. Whoever asked has gone by then, or is better told to come again. */
const WAITING_MS_MAX = 10_000;

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
  readonly #now: () => number;

  /** @param now in milliseconds, never going back; given only by tests */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @throws {KeywardError} SERVICE_UNAVAILABLE when too many tasks of this key wait already, or this one did for too long */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key) ?? { tail: Promise.resolve(), tasks: 0, awaySince: Number.NEGATIVE_INFINITY };
    if (entry.tasks >= WAITING_MAX) throw serviceUnavailable(1);
    this.#entries.set(key, entry);
    entry.tasks += 1;
    const arrivedAt = this.#now();
    const result = entry.tail.then(() => {
      if (arrivedAt <= entry.awaySince) throw serviceUnavailable(2);
      if (this.#now() - arrivedAt > WAITING_MS_MAX) throw serviceUnavailable(5);
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

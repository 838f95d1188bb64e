import { serviceUnavailable } from './errors.js';

/** How many tasks of one key may wait. More than any client has a use for; past it the caller is told to come again. */
const WAITING_MAX = 1_000;

/** How long one may wait. Whoever asked has gone by then, or is better told to come again. */
const WAITING_MS_MAX = 10_000;

/**
 * Runs the tasks of one key one after another, those of different keys side by side. Holds nothing for a key without tasks.
 */
export class KeyedQueue {
  readonly #entries = new Map<string, { tail: Promise<unknown>; tasks: number }>();
  readonly #now: () => number;

  /** @param now in milliseconds, never going back; given only by tests */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @throws {KeywardError} SERVICE_UNAVAILABLE when too many tasks of this key wait already, or this one did for too long */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key) ?? { tail: Promise.resolve(), tasks: 0 };
    if (entry.tasks >= WAITING_MAX) throw serviceUnavailable(1);
    this.#entries.set(key, entry);
    entry.tasks += 1;
    const arrivedAt = this.#now();
    const result = entry.tail.then(() => {
      if (this.#now() - arrivedAt > WAITING_MS_MAX) throw serviceUnavailable(5);
      return task();
    });
    entry.tail = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      entry.tasks -= 1;
      if (entry.tasks === 0) this.#entries.delete(key);
    }
  }
}

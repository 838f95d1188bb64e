import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { serviceUnavailable } from './errors.js';

/** libuv's thread pool has 4 threads, which bcrypt shares with DNS and files: one stays free. */
const CONCURRENCY_MAX = 3;

/** At cost 12 a hash takes about 0.2 s, so the last one in line waits some 12 s for its turn. */
const WAITING_MAX_PER_SLOT = 64;

const RETRY_AFTER_SECONDS = 5;

/**
 * All bcrypt of the process goes through one of these: at most cores − 1 hashes at a time, so that sign-ins can't starve
 * everything else, and a bounded line before them, so that a flood is refused instead of piling up.
 */
export class HashQueue {
  readonly #limit;
  readonly #waitingMax;
  #closed = false;

  constructor(concurrency = Math.max(1, Math.min(availableParallelism() - 1, CONCURRENCY_MAX))) {
    this.#limit = pLimit(concurrency);
    this.#waitingMax = concurrency * WAITING_MAX_PER_SLOT;
  }

  /**
   * @returns what `hash` resolves to, once it had its turn
   * @throws {KeywardError} SERVICE_UNAVAILABLE when the line is full or has been closed
   */
  async run<T>(hash: () => Promise<T>): Promise<T> {
    if (this.#limit.pendingCount >= this.#waitingMax) throw serviceUnavailable(RETRY_AFTER_SECONDS);
    return this.#limit(() => {
      if (this.#closed) throw serviceUnavailable(RETRY_AFTER_SECONDS);
      return hash();
    });
  }

  /** How many hashes are being computed. */
  get running(): number {
    return this.#limit.activeCount;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#limit.pendingCount;
  }

  /** From now on only what runs already is finished, so that whoever waits gets an answer while there is still time. */
  close(): void {
    this.#closed = true;
  }
}

import type { Database } from '../platform/database/client.js';
import type { Logger } from '../platform/logger.js';

const INTERVAL_MS = 60_000;

/**
 * The highest number of usable keys that MAX_KEYS_PER_USER or a policy permits any user. The cost of a list of keys is estimated from it
 * before the first query of a request, so it is kept in memory, and read again every minute.
 */
export class HighestKeysMax {
  readonly #deps: { database: Database; logger: Logger; keysPerUserMax: number };
  #ofPolicies = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: { database: Database; logger: Logger; keysPerUserMax: number }) {
    this.#deps = deps;
  }

  /** The number as of the last `read`. */
  get value(): number {
    return Math.max(this.#deps.keysPerUserMax, this.#ofPolicies);
  }

  /** Reads the policies. @throws an error of the database. The number is then unchanged */
  async read(): Promise<void> {
    const highest = await this.#deps.database.policy.aggregate({ _max: { keysMax: true } });
    this.#ofPolicies = highest._max.keysMax ?? 0;
  }

  /** Reads the policies every minute. */
  start(): void {
    const run = () => {
      this.#running = this.read().catch((error: unknown) =>
        this.#deps.logger.warn({ err: error }, 'highest keysMax of the policies not read'),
      );
    };
    this.#timer = setInterval(run, INTERVAL_MS).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}

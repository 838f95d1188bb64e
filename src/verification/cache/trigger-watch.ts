import type pg from 'pg';
import type { Logger } from '../../platform/logger.js';
import { readTriggerState } from './triggers.queries.js';

/** What the watch decides about. */
interface Watched {
  trust(isTrusted: boolean): void;
  reset(): void;
}

/** Compares the triggers with the expected ones, and turns the cache off while one is missing. */
export class TriggerWatch {
  readonly #cache: Watched;
  readonly #logger: Logger;
  #identity: string | null = null;
  #warned = '';
  /** The check in progress. */
  #current: Promise<void> = Promise.resolve();

  constructor(options: { cache: Watched; logger: Logger }) {
    this.#cache = options.cache;
    this.#logger = options.logger;
  }

  /** Checks after the check in progress. Otherwise, an older state that arrives later would turn the cache on again. */
  check(client: pg.ClientBase): Promise<void> {
    const check = this.#current.then(() => this.#check(client));
    this.#current = check.catch(() => undefined);
    return check;
  }

  async #check(client: pg.ClientBase): Promise<void> {
    const { missing, identity } = await readTriggerState(client);
    if (this.#identity !== null && this.#identity !== identity) this.#cache.reset();
    this.#identity = identity;
    this.#cache.trust(missing.length === 0);
    const warned = missing.join();
    if (warned !== this.#warned) {
      if (warned === '') this.#logger.info('verification cache is used again');
      else this.#logger.warn({ missing }, 'verification cache is not used: triggers are missing or disabled');
    }
    this.#warned = warned;
  }
}

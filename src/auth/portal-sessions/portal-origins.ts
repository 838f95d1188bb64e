import { LRUCache } from 'lru-cache';
import type { Database } from '../../platform/database/client.js';
import { PORTAL_SESSION_LIMITS } from '../../platform/limits.js';
import type { Logger } from '../../platform/logger.js';
import { isWebOrigin } from './portal-session-settings.js';
import { findBoundOrigins } from './portal-sessions.queries.js';

const { originsWaitingMax, originMemorySeconds } = PORTAL_SESSION_LIMITS;

/**
 * The origins that portal sessions are bound to. Browsers ask for the permission to call the API before they send the token, so
 * the origin alone must answer. It permits nothing: the token decides. One query runs at a time, because strangers decide how
 * many origins are asked about.
 */
export class PortalOrigins {
  readonly #deps: { database: Database; logger: Logger };
  readonly #bound = new LRUCache<string, true>({ max: 1_000, ttl: originMemorySeconds * 1_000 });
  readonly #waiting = new Set<string>();
  /** Answer for the origins that are waiting. */
  #next: Promise<ReadonlySet<string>> | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(deps: { database: Database; logger: Logger }) {
    this.#deps = deps;
  }

  /** Returns whether a portal session is bound to the origin, or was within the last day. False if the database is unavailable. */
  async has(origin: string): Promise<boolean> {
    if (!isWebOrigin(origin)) return false;
    if (this.#bound.has(origin)) return true;
    if (this.#waiting.size >= originsWaitingMax && !this.#waiting.has(origin)) return false;
    this.#waiting.add(origin);
    this.#next ??= this.#running.then(() => this.#find());
    return (await this.#next).has(origin);
  }

  #find(): Promise<ReadonlySet<string>> {
    const origins = [...this.#waiting];
    this.#waiting.clear();
    this.#next = undefined;
    const finding = this.#query(origins);
    this.#running = finding;
    return finding;
  }

  async #query(origins: readonly string[]): Promise<ReadonlySet<string>> {
    const { database, logger } = this.#deps;
    try {
      const found = await findBoundOrigins(database, origins);
      for (const origin of found) this.#bound.set(origin, true);
      return new Set(found);
    } catch (error) {
      logger.warn({ err: error }, 'origins of portal sessions not read');
      return new Set();
    }
  }
}

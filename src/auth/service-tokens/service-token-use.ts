import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database/client.js';
import { SERVICE_TOKEN_LIMITS } from '../../platform/limits.js';
import type { Logger } from '../../platform/logger.js';
import { storeUse } from './service-token-use.queries.js';

/** Records the last use of service tokens, each at most once a minute, after the request that used it. */
export class ServiceTokenUses {
  readonly #deps: { database: Database; clock: Clock; logger: Logger };
  /** Time of the last write by the id of the token, in milliseconds. It has only tokens that exist. */
  readonly #written = new Map<string, number>();
  readonly #writing = new Set<Promise<void>>();

  constructor(deps: { database: Database; clock: Clock; logger: Logger }) {
    this.#deps = deps;
  }

  /** Records that a valid token was used. It returns at once and never throws. */
  mark(serviceTokenId: string): void {
    const { database, clock, logger } = this.#deps;
    const now = clock.now();
    const intervalMs = SERVICE_TOKEN_LIMITS.useIntervalSeconds * 1_000;
    const written = this.#written.get(serviceTokenId);
    if (written !== undefined && now.getTime() - written < intervalMs) return;
    this.#written.set(serviceTokenId, now.getTime());
    const writing = storeUse(database, serviceTokenId, now, new Date(now.getTime() - intervalMs))
      .catch((error: unknown) => logger.warn({ err: error }, 'last use of a service token not stored'))
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** Waits for the writes in progress. */
  async close(): Promise<void> {
    await Promise.all(this.#writing);
  }
}

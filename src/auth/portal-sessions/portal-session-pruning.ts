import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database/client.js';
import { PORTAL_SESSION_LIMITS } from '../../platform/limits.js';
import type { Logger } from '../../platform/logger.js';
import { pruneSessions } from './portal-sessions.queries.js';

const INTERVAL_MS = 600_000;

/** Removes portal sessions a day after their end. */
export class PortalSessionPruning {
  readonly #deps: { database: Database; clock: Clock; logger: Logger };
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(deps: { database: Database; clock: Clock; logger: Logger }) {
    this.#deps = deps;
  }

  /** Removes old sessions now, and every ten minutes. */
  start(): void {
    const { logger } = this.#deps;
    const run = () => {
      this.#running = this.prune().catch((error: unknown) => logger.warn({ err: error }, 'old portal sessions not removed'));
    };
    run();
    this.#timer = setInterval(run, INTERVAL_MS).unref();
  }

  /** Removes all sessions that ended or expired more than a day ago. */
  async prune(): Promise<void> {
    const { database, clock } = this.#deps;
    const { keptSeconds, prunedAtOnceMax } = PORTAL_SESSION_LIMITS;
    const before = new Date(clock.now().getTime() - keptSeconds * 1_000);
    while (!this.#closed && (await pruneSessions(database, before, prunedAtOnceMax)) === prunedAtOnceMax);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#running;
  }
}

import { type Clock, DAY_MS } from '../platform/clock.js';
import type { Pool } from '../platform/database/pool.js';
import { WEBHOOK_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import { measureBacklog, pruneEvents, pruneOrphans } from './sending.queries.js';
import type { WebhookMetrics } from './webhook-metrics.js';

/** Work that is repeated. */
interface Job {
  name: string;
  everyMs: number;
  run: () => Promise<void>;
}

/** Longest pause after failures, while the database is unavailable. */
const PAUSE_MS_MAX = 30_000;

const POLL_MS = 1_000;
const MEASURE_MS = 15_000;
const PRUNE_MS = 600_000;

interface Dependencies {
  pool: Pool;
  clock: Clock;
  sender: { poll(): Promise<void> };
  metrics: WebhookMetrics;
  logger: Logger;
}

/** Repeats the work of webhooks: sending, measuring and removing old rows. After a failure, a job waits longer each time. */
export class WebhookJobs {
  readonly #deps: Dependencies;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #running = new Map<string, Promise<void>>();
  #closed = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Starts all jobs. */
  start(): void {
    const { sender } = this.#deps;
    this.#repeat({ name: 'send', everyMs: POLL_MS, run: () => sender.poll() });
    this.#repeat({ name: 'measure', everyMs: MEASURE_MS, run: () => this.#measure() });
    this.#repeat({ name: 'prune', everyMs: PRUNE_MS, run: () => this.prune() });
  }

  /** Removes the events that are older than WEBHOOK_LIMITS.keptDays, and what deleted endpoints left. */
  async prune(): Promise<void> {
    const { pool, clock } = this.#deps;
    const { keptDays, prunedAtOnce } = WEBHOOK_LIMITS;
    const before = new Date(clock.now().getTime() - keptDays * DAY_MS);
    while (!this.#closed && (await pruneEvents(pool, before, prunedAtOnce)) === prunedAtOnce);
    while (!this.#closed && (await pruneOrphans(pool, prunedAtOnce)) === prunedAtOnce);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#running.values());
  }

  async #measure(): Promise<void> {
    const { pool, clock, metrics } = this.#deps;
    const { due, oldest } = await measureBacklog(pool, clock.now());
    metrics.due.set(due);
    metrics.oldestDueSeconds.set(oldest === null ? 0 : (clock.now().getTime() - oldest.getTime()) / 1_000);
  }

  #repeat({ name, everyMs, run }: Job, failures = 0): void {
    const work = run().then(
      () => 0,
      (error: unknown) => {
        if (failures === 0) this.#deps.logger.warn({ err: error, job: name }, 'work of webhooks failed; it is repeated');
        return failures + 1;
      },
    );
    const next = work.then((failed) => {
      if (this.#closed) return;
      const pause = failed === 0 ? everyMs : Math.max(everyMs, Math.min(POLL_MS * 2 ** failed, PAUSE_MS_MAX));
      this.#timers.set(name, setTimeout(() => this.#repeat({ name, everyMs, run }, failed), pause).unref());
    });
    this.#running.set(name, next);
  }
}

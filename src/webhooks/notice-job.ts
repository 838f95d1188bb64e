import type { Logger } from '../platform/logger.js';
import type { ExpiryNotices } from './expiry-notices.js';
import type { FirstUseNotices } from './first-use-notices.js';
import type { NoticeMetrics } from './notice-metrics.js';

const INTERVAL_MS = 15_000;

interface Dependencies {
  expiryNotices: Pick<ExpiryNotices, 'run'>;
  firstUseNotices: Pick<FirstUseNotices, 'run'>;
  metrics: NoticeMetrics;
  logger: Logger;
}

/** Searches for keys to send events about. Every process does. */
export class NoticeJob {
  readonly #deps: Dependencies;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Searches now, and every 15 seconds. */
  start(): void {
    void this.run();
    this.#timer = setInterval(() => void this.run(), INTERVAL_MS).unref();
  }

  /** Searches once. If a search is running, it waits for that one. A failure is logged, and the next search continues. */
  run(): Promise<void> {
    this.#running ??= this.#search().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Ends the current search after its page. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#timer);
    await this.#running;
  }

  async #search(): Promise<void> {
    const { expiryNotices, firstUseNotices, metrics, logger } = this.#deps;
    for (const notices of [firstUseNotices, expiryNotices]) {
      try {
        await notices.run(this.#closing.signal);
      } catch (error) {
        metrics.failures.inc();
        logger.warn({ err: error }, 'search for webhook notices failed');
      }
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import { HOUR_MS } from '../platform/clock.js';
import type { Pool } from '../platform/database/pool.js';
import type { Logger } from '../platform/logger.js';
import { addUsage, type UsageRow } from './usage.queries.js';
import { UsageMetrics } from './usage-metrics.js';

const FLUSH_EVERY_MS = 1_000;

/** Rows of one statement. Building a statement blocks the event loop, so its size is bounded. */
const ROWS_PER_STATEMENT = 1_000;

/**
 * Maximum number of waiting rows. Beyond it, while the database is unavailable, verifications that need a new row are not
 * counted.
 */
const ROWS_MAX = 100_000;

/** Maximum time for the last write during shutdown. */
const CLOSE_MS_MAX = 3_000;

/** One verification of an existing key with a correct secret. */
export interface Use {
  keyId: string;
  at: Date;
  allowed: boolean;
  ipAddress: string | null;
  userAgent: string | null;
}

/**
 * Counts verifications in memory and writes the counts of all keys together, about every second. One flush runs at a time, and
 * the next begins one second after the last one ended. No request waits for it. A process that is killed loses only unwritten
 * counts.
 */
export class UsageRecorder {
  readonly #pool: Pool;
  readonly #logger: Logger;
  readonly #metrics: UsageMetrics;
  readonly #waiting = new Map<string, UsageRow>();
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor(options: { pool: Pool; logger: Logger; metrics: Registry }) {
    this.#pool = options.pool;
    this.#logger = options.logger;
    this.#metrics = new UsageMetrics(options.metrics, () => this.#waiting.size);
  }

  record({ keyId, at, allowed, ipAddress, userAgent }: Use): void {
    const lastAt = at.getTime();
    const hour = lastAt - (lastAt % HOUR_MS);
    const count = { allowed: allowed ? 1 : 0, refused: allowed ? 0 : 1 };
    this.#add({ keyId, hour, ...count, lastAt, lastIp: ipAddress, lastUserAgent: userAgent });
    if (this.#flushing === undefined) this.#schedule();
  }

  /** Writes the current counts. Counts that cannot be written are kept for the next flush. */
  async flush(): Promise<void> {
    await this.#flushing;
    this.#flushing ??= this.#writeWaiting().finally(() => {
      this.#flushing = undefined;
      if (this.#waiting.size > 0) this.#schedule();
    });
    await this.#flushing;
  }

  /** Writes the remaining counts, for at most CLOSE_MS_MAX. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await Promise.race([this.flush(), sleep(CLOSE_MS_MAX, undefined, { ref: false })]);
  }

  #add(added: UsageRow): void {
    const rowId = `${added.keyId}${added.hour}`;
    const row = this.#waiting.get(rowId);
    if (row) addTo(row, added);
    else if (this.#waiting.size < ROWS_MAX) this.#waiting.set(rowId, added);
    else this.#metrics.dropped.inc(added.allowed + added.refused);
  }

  #schedule(): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, FLUSH_EVERY_MS).unref();
  }

  async #writeWaiting(): Promise<void> {
    for (let rest = this.#waiting.size; rest > 0; rest -= ROWS_PER_STATEMENT) {
      const rows = this.#take(ROWS_PER_STATEMENT);
      try {
        await addUsage(this.#pool, rows);
      } catch (error) {
        this.#metrics.failures.inc();
        for (const row of rows) this.#add(row);
        if (!this.#isFailing)
          this.#logger.warn({ err: error, keys: rows.length }, 'usage could not be written; it was kept for the next attempt');
        this.#isFailing = true;
        return;
      }
    }
    this.#isFailing = false;
  }

  /** Takes rows, sorted by key: two replicas that lock the same rows in opposite order deadlock (observed). */
  #take(rowsMax: number): UsageRow[] {
    const rows: UsageRow[] = [];
    for (const [rowId, row] of this.#waiting) {
      if (rows.length === rowsMax) break;
      this.#waiting.delete(rowId);
      rows.push(row);
    }
    return rows.sort((a, b) => (a.keyId < b.keyId ? -1 : a.keyId > b.keyId ? 1 : a.hour - b.hour));
  }
}

function addTo(row: UsageRow, added: UsageRow): void {
  row.allowed += added.allowed;
  row.refused += added.refused;
  if (added.lastAt < row.lastAt) return;
  row.lastAt = added.lastAt;
  row.lastIp = added.lastIp;
  row.lastUserAgent = added.lastUserAgent;
}

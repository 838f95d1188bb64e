import { setTimeout as sleep } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import type { Pool } from '../platform/database/pool.js';
import type { Logger } from '../platform/logger.js';
import { UsageMetrics } from './metrics.js';
import { addUsage, type UsageRow } from './usage.queries.js';

const HOUR_MS = 3_600_000;
const FLUSH_EVERY_MS = 1_000;

/** Rows of one statement. What they are made of is put together in one go, in which the process does nothing else. */
const ROWS_PER_STATEMENT = 1_000;

/** Rows that wait to be written. Beyond it, while the database is away, further keys' verifications aren't counted. */
const ROWS_MAX = 100_000;

/** What a stop may still take for writing. */
const CLOSE_MS_MAX = 3_000;

/** One verification of a key that exists, by somebody who holds it. */
export interface Use {
  keyId: string;
  at: Date;
  allowed: boolean;
  ipAddress: string | null;
  userAgent: string | null;
}

/**
 * Counts verifications in memory and writes them for all keys at once, about every second: one flush at a time, the next
 * one second after the last ended. Nobody waits for it. A process that is killed loses what it hasn't written, no more.
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

  /** Writes what was counted until now. What can't be written is kept for the next time. */
  async flush(): Promise<void> {
    await this.#flushing;
    this.#flushing ??= this.#writeWaiting().finally(() => {
      this.#flushing = undefined;
      if (this.#waiting.size > 0) this.#schedule();
    });
    await this.#flushing;
  }

  /** Writes the rest, if that can be done in time. */
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

  /** Sorted by key: two replicas that lock the same rows in opposite order would deadlock (seen). */
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

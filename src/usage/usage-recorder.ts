import { setTimeout as sleep } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import { HOUR_MS } from '../platform/clock.js';
import type { Pool } from '../platform/database/pool.js';
import type { Logger } from '../platform/logger.js';
import { addUsage, addUsageAndFirstUses, refusedOf, type Statements, type UsageRow } from './usage.queries.js';
import { UsageMetrics } from './usage-metrics.js';
import { type KnownCode, REFUSAL_CODES, type RefusalCode, VerificationCode } from './verification-code.js';

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
  /** Milliseconds since the epoch. */
  at: number;
  code: KnownCode;
  ipAddress: string | null;
  userAgent: string | null;
}

/** Remembers the row in which its uses are counted, so that the recorder need not search for it. */
export interface UsageHolder {
  /** Only the recorder sets it. Null at first, and while no use waits to be written. */
  usageRow: CurrentRow | null;
}

/** A row that waits to be written. */
interface CurrentRow extends UsageRow {
  holder: UsageHolder | null;
}

const NO_REFUSALS: readonly number[] = REFUSAL_CODES.map(() => 0);

const INDEX_OF_REFUSAL = Object.fromEntries(REFUSAL_CODES.map((code, index) => [code, index])) as Readonly<Record<RefusalCode, number>>;

/**
 * Counts verifications in memory and writes the counts of all keys together, about every second. One flush runs at a time, and
 * the next begins one second after the last one ended. No request waits for it. A process that is killed loses only unwritten
 * counts.
 */
export class UsageRecorder {
  readonly #pool: Pool;
  readonly #logger: Logger;
  readonly #metrics: UsageMetrics;
  readonly #statements: Statements | undefined;
  readonly #waiting = new Map<string, CurrentRow>();
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;
  #isClosed = false;

  /** @param options.notesFirstUsesIf SQL that decides whether first uses of keys are noted; if absent, they are not */
  constructor(options: { pool: Pool; logger: Logger; metrics: Registry; notesFirstUsesIf?: string }) {
    this.#pool = options.pool;
    this.#logger = options.logger;
    this.#metrics = new UsageMetrics(options.metrics, () => this.#waiting.size);
    this.#statements = options.notesFirstUsesIf === undefined ? undefined : addUsageAndFirstUses(options.notesFirstUsesIf);
  }

  /**
   * Counts one verification. It is not counted if too many rows wait.
   *
   * @param use what to count; its time must not be before 1970
   * @param holder the cached key, if there is one
   */
  record(use: Use, holder: UsageHolder | null = null): void {
    const hour = use.at - (use.at % HOUR_MS);
    const known = holder?.usageRow;
    const row = known?.hour === hour ? known : this.#rowOf(use.keyId, hour);
    if (row === null) {
      this.#metrics.dropped.inc();
      return;
    }
    if (holder !== null) {
      row.holder = holder;
      holder.usageRow = row;
    }
    count(row, use);
    if (this.#flushing === undefined && this.#timer === undefined) this.#schedule();
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

  #rowOf(keyId: string, hour: number): CurrentRow | null {
    const rowId = `${keyId}${hour}`;
    const waiting = this.#waiting.get(rowId);
    if (waiting) return waiting;
    if (this.#waiting.size >= ROWS_MAX) return null;
    const row: CurrentRow = {
      keyId,
      hour,
      allowed: 0,
      refusals: NO_REFUSALS,
      lastAt: 0,
      lastIp: null,
      lastUserAgent: null,
      holder: null,
    };
    this.#waiting.set(rowId, row);
    return row;
  }

  /** Keeps a row that could not be written for the next attempt. */
  #putBack(taken: UsageRow): void {
    const row = this.#rowOf(taken.keyId, taken.hour);
    if (row) merge(row, taken);
    else this.#metrics.dropped.inc(taken.allowed + refusedOf(taken));
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
        await addUsage(this.#pool, rows, this.#statements);
      } catch (error) {
        this.#metrics.failures.inc();
        for (const row of rows) this.#putBack(row);
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
      // A later use needs another row, and a cached key must not keep this one in memory.
      if (row.holder?.usageRow === row) row.holder.usageRow = null;
      rows.push(row);
    }
    return rows.sort((a, b) => (a.keyId < b.keyId ? -1 : a.keyId > b.keyId ? 1 : a.hour - b.hour));
  }
}

function count(row: UsageRow, { at, code, ipAddress, userAgent }: Use): void {
  if (code === VerificationCode.VALID) row.allowed += 1;
  else row.refusals = row.refusals.with(INDEX_OF_REFUSAL[code], (row.refusals[INDEX_OF_REFUSAL[code]] ?? 0) + 1);
  if (at < row.lastAt) return;
  row.lastAt = at;
  row.lastIp = ipAddress;
  row.lastUserAgent = userAgent;
}

function merge(row: UsageRow, other: UsageRow): void {
  row.allowed += other.allowed;
  row.refusals = row.refusals.map((refused, index) => refused + (other.refusals[index] ?? 0));
  if (other.lastAt < row.lastAt) return;
  row.lastAt = other.lastAt;
  row.lastIp = other.lastIp;
  row.lastUserAgent = other.lastUserAgent;
}

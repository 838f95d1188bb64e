import { SERVER } from '../platform/actor.js';
import { type Clock, DAY_MS } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import { NOTICE_LIMITS } from '../platform/limits.js';
import type { Position } from '../platform/pagination.js';
import { recordEvents } from './event-recorder.js';
import type { NoticeMetrics } from './notice-metrics.js';
import {
  type ExpiryWindow,
  findNoticePage,
  findScanStart,
  lockUsers,
  markExpiryNotices,
  type Notice,
  type NoticeKind,
  saveScan,
} from './notices.queries.js';

const OVERLAP_MS = NOTICE_LIMITS.overlapSeconds * 1_000;

interface Dependencies {
  database: Database;
  clock: Clock;
  metrics: NoticeMetrics;
  /** Days before the expiry, in descending order. */
  noticeDays: readonly number[];
}

interface DueNotice {
  keyId: string;
  userId: string;
  expiry: Date;
}

const kindOf = (days: number): NoticeKind => ({ name: days === 0 ? 'expired' : `expiring:${days}`, days });

const plusDays = (time: Date, days: number): Date => new Date(time.getTime() + days * DAY_MS);

const laterOf = (one: Date, other: Date): Date => (one > other ? one : other);
const earlierOf = (one: Date, other: Date): Date => (one < other ? one : other);

const inChunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

/**
 * Writes the events `api_key.expiring` and `api_key.expired`. The marker of each event is written in its transaction, so any number of
 * processes can search at the same time.
 *
 * A notice is due once its time passes: the expiry minus its days. The search for each kind continues where the last search of any process
 * ended, so a key is found when its time has come and not before. If several notices about one expiry became due since then, only
 * the last one is sent.
 */
export class ExpiryNotices {
  readonly #deps: Dependencies;
  /** From the earliest to the latest. */
  readonly #kinds: readonly NoticeKind[];

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#kinds = [...deps.noticeDays, 0].map(kindOf);
  }

  /**
   * Writes what became due since the last run. Without any endpoint, it writes nothing and searches for nothing.
   *
   * @param signal ends the run after the current page; the next run continues there
   */
  async run(signal?: AbortSignal): Promise<void> {
    for (const [index, kind] of this.#kinds.entries()) {
      if (signal?.aborted) return;
      if (!(await this.#search(kind, this.#kinds.slice(index + 1), signal))) return;
    }
  }

  /** Searches for one kind of notice. @returns whether there is an endpoint */
  async #search(kind: NoticeKind, later: readonly NoticeKind[], signal: AbortSignal | undefined): Promise<boolean> {
    const { database, clock } = this.#deps;
    const now = clock.now();
    const start = await findScanStart(database, kind.name, new Date(now.getTime() - OVERLAP_MS));
    if (start === null) return false;
    const window = this.#windowAt(now, kind, later);
    // A change that was committed late, or by a process with a slow clock, may have its time before the end of the last search.
    const searched = { from: laterOf(window.from, plusDays(new Date(start.getTime() - OVERLAP_MS), kind.days)), to: window.to };
    let complete = now;
    for (let after: Position | null = null; ; ) {
      const page = await findNoticePage(database, { kind, window: searched, after, limit: NOTICE_LIMITS.examinedAtOnce });
      for (const due of inChunks(page?.due ?? [], NOTICE_LIMITS.writtenAtOnce)) {
        for (const { expiry } of await this.#write(due, kind, later)) complete = earlierOf(complete, noticeTime(expiry, kind));
      }
      const isLast = page === null || page.examined < NOTICE_LIMITS.examinedAtOnce;
      await saveScan(database, kind.name, isLast ? complete : earlierOf(complete, noticeTime(page.last.at, kind)));
      if (isLast || signal?.aborted) break;
      after = page.last;
    }
    this.#deps.metrics.complete(kind.name, complete);
    return true;
  }

  /** Returns the expiries about which this kind is the last notice that is due. */
  #windowAt(now: Date, { days }: NoticeKind, [next]: readonly NoticeKind[]): ExpiryWindow {
    return { from: next ? plusDays(now, next.days) : new Date(0), to: plusDays(now, days) };
  }

  /** Writes the events of notices in one transaction. @returns the notices that another transaction delays */
  async #write(due: readonly DueNotice[], kind: NoticeKind, later: readonly NoticeKind[]): Promise<DueNotice[]> {
    const { database, clock, metrics } = this.#deps;
    const { delayed, written } = await database.$transaction(async (transaction) => {
      const userIds = await lockUsers(
        transaction,
        due.map(({ userId }) => userId),
      );
      const now = clock.now();
      const keyIds = due.map(({ keyId }) => keyId);
      const names = later.map(({ name }) => name);
      const window = this.#windowAt(now, kind, later);
      const notices = await markExpiryNotices(transaction, keyIds, { userIds, kind, window, later: names });
      const events = notices.map((notice) => eventOf(notice, kind));
      await recordEvents(transaction, events, { actor: SERVER, at: now });
      return { delayed: due.filter(({ userId }) => !userIds.includes(userId)), written: notices.length };
    });
    metrics.written(kind.days === 0 ? 'expired' : 'expiring', written);
    return delayed;
  }
}

const noticeTime = (expiry: Date, { days }: NoticeKind): Date => plusDays(expiry, -days);

const eventOf = ({ keyId, userId, expiry }: Notice, { days }: NoticeKind) => {
  const effectiveExpiresAt = expiry.toISOString();
  return days === 0
    ? { type: 'api_key.expired' as const, userId, apiKeyId: keyId, extra: { effectiveExpiresAt } }
    : { type: 'api_key.expiring' as const, userId, apiKeyId: keyId, extra: { effectiveExpiresAt, daysBefore: days } };
};

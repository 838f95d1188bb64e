import type { ExpiryWindow } from '../api-keys/expiry-candidates.js';
import { SERVER } from '../platform/actor.js';
import { type Clock, DAY_MS } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import { NOTICE_LIMITS } from '../platform/limits.js';
import { recordEvents } from './event-recorder.js';
import type { NoticeMetrics } from './notice-metrics.js';
import {
  findNoticePages,
  findScanStarts,
  lockUsers,
  markExpiryNotices,
  type Notice,
  type NoticeKind,
  type NoticePage,
  type NoticeSearch,
  saveScans,
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
   * Writes what became due since the last run. While nothing is due, this takes three statements; without any endpoint, it takes one.
   *
   * @param signal ends the run after the current transaction; the next run continues there
   */
  async run(signal?: AbortSignal): Promise<void> {
    const { database, clock, metrics } = this.#deps;
    const now = clock.now();
    const names = this.#kinds.map(({ name }) => name);
    const starts = await findScanStarts(database, names, new Date(now.getTime() - OVERLAP_MS));
    if (starts.size === 0) return;
    const searches = this.#kinds.map((kind) => ({ kind, window: this.#searched(now, kind, starts.get(kind.name) ?? now), after: null }));
    const pages = await findNoticePages(database, searches, NOTICE_LIMITS.examinedAtOnce);
    const complete = new Map<string, Date>();
    try {
      for (const search of searches) {
        if (signal?.aborted) return;
        complete.set(search.kind.name, await this.#writeAll(search, pages.get(search.kind.name), { now, signal }));
      }
    } finally {
      // A failure of one search does not let the others begin again.
      if (complete.size > 0) await saveScans(database, complete);
    }
    for (const [name, until] of complete) metrics.complete(name, until);
  }

  /** Writes the notices of a search, from its first page. @returns the time up to which the search is complete */
  async #writeAll(
    search: NoticeSearch,
    first: NoticePage | undefined,
    { now, signal }: { now: Date; signal: AbortSignal | undefined },
  ): Promise<Date> {
    const { database } = this.#deps;
    const { kind } = search;
    const { examinedAtOnce } = NOTICE_LIMITS;
    let complete = now;
    for (let page = first; ; ) {
      for (const { expiry } of await this.#writePage(page?.due ?? [], kind, signal)) {
        complete = earlierOf(complete, noticeTime(expiry, kind));
      }
      if (page === undefined || page.examined < examinedAtOnce) return complete;
      const reached = earlierOf(complete, noticeTime(page.last.at, kind));
      if (signal?.aborted) return reached;
      await saveScans(database, new Map([[kind.name, reached]]));
      page = (await findNoticePages(database, [{ ...search, after: page.last }], examinedAtOnce)).get(kind.name);
    }
  }

  /** Writes notices, a few in each transaction. @returns those that were not written */
  async #writePage(due: readonly DueNotice[], kind: NoticeKind, signal: AbortSignal | undefined): Promise<DueNotice[]> {
    const later = this.#laterThan(kind);
    const delayed: DueNotice[] = [];
    for (const part of inChunks(due, NOTICE_LIMITS.writtenAtOnce)) {
      delayed.push(...(signal?.aborted ? part : await this.#write(part, kind, later)));
    }
    return delayed;
  }

  #laterThan(kind: NoticeKind): readonly NoticeKind[] {
    return this.#kinds.slice(this.#kinds.indexOf(kind) + 1);
  }

  /** Returns the expiries to search for. @param start end of the last search */
  #searched(now: Date, kind: NoticeKind, start: Date): ExpiryWindow {
    const { from, to } = this.#windowAt(now, kind, this.#laterThan(kind));
    // A change that was committed late, or by a process with a slow clock, may have its time before the end of the last search.
    return { from: laterOf(from, plusDays(new Date(start.getTime() - OVERLAP_MS), kind.days)), to };
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

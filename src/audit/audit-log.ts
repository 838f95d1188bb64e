import DataLoader from 'dataloader';
import { validate as isUuid } from 'uuid';
import { OPERATOR } from '../platform/actor.js';
import { DAY_MS } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import { storableTime } from '../platform/database/storable-time.js';
import { ALL_USERS, type Cursors, type Found, type Page, type PageRequest, type Position } from '../platform/pagination.js';
import { pruneAuditEvents } from './audit.queries.js';
import { AuditAction } from './audit-entry.js';
import { type EventSearch, findEndOfSearch, findEvents, findEventsOfKeys, type StoredEvent } from './audit-events.queries.js';
import { type AuditFilter, checkFilter, checkOwnFilter } from './audit-filter.js';
import type { AuditRecorder } from './audit-recorder.js';

/** Actions that this version can return. A newer version on the same database may write others. */
const KNOWN_ACTIONS: string[] = Object.values(AuditAction);

/** Events that an export reads at once. */
const EXPORTED_AT_ONCE = 1_000;

export interface AuditEvent extends Omit<StoredEvent, 'action'> {
  action: AuditAction;
}

/** Reads the events of keys for the resolvers of one request. */
export interface KeyEvents {
  /** Returns a page of the events of a key, newest first. @throws {KeywardError} BAD_USER_INPUT, like Cursors.page */
  page(apiKeyId: string, request: PageRequest): Promise<Page<AuditEvent>>;
}

/** Reads and prunes the audit log. */
export class AuditLog {
  readonly #database: Database;
  readonly #cursors: Cursors;
  readonly #recorder: AuditRecorder;

  constructor(options: { database: Database; cursors: Cursors; audit: AuditRecorder }) {
    this.#database = options.database;
    this.#recorder = options.audit;
    this.#cursors = options.cursors;
  }

  /**
   * Deletes old events permanently. The trigger allows deletion only here. Each step deletes one day, the oldest first, so that
   * no step takes long and the command can be stopped at any time. Each step that deletes events is recorded in its transaction.
   *
   * @param before events from this time on are kept
   * @returns for each step, the number of deleted events and the end of the deleted period
   */
  async *prune(before: Date): AsyncGenerator<{ removed: number; until: Date }> {
    const oldest = await this.#database.auditEvent.aggregate({ _min: { at: true } });
    for (let from = oldest._min.at; from !== null && from < before; ) {
      const until = new Date(Math.min(from.getTime() + DAY_MS, before.getTime()));
      yield { removed: await this.#pruneDay(from, until), until };
      from = until;
    }
  }

  #pruneDay(from: Date, until: Date): Promise<number> {
    return this.#database.$transaction(async (transaction) => {
      const events = await pruneAuditEvents(transaction, from, until);
      const entry = { userId: null, action: AuditAction.AUDIT_LOG_PRUNED, details: { events, before: until } };
      if (events > 0) await this.#recorder.record(transaction, entry, OPERATOR);
      return events;
    });
  }

  /**
   * Returns a page of the events of the user's account, newest first.
   *
   * @throws {KeywardError} BAD_USER_INPUT, like Cursors.page, and for a filter that breaks a rule
   */
  page(userId: string, request: PageRequest, filter: AuditFilter): Promise<Page<AuditEvent>> {
    checkOwnFilter(filter);
    return this.#cursors.page({ list: 'audit-log', ownerId: userId }, request, async (after, limit) => {
      const { apiKeyId = null } = filter;
      if (apiKeyId !== null && !(await this.#isKeyOf(userId, apiKeyId))) return { items: [] };
      return this.#find({ userId, apiKeyId }, filter, { after, limit });
    });
  }

  /**
   * Returns a page of the events of all users, and of those that concern no user, newest first.
   *
   * @throws {KeywardError} BAD_USER_INPUT, like page
   */
  pageOfAll(request: PageRequest, filter: AuditFilter): Promise<Page<AuditEvent>> {
    checkFilter(filter);
    return this.#cursors.page({ list: 'audit-log', ownerId: ALL_USERS }, request, async (after, limit) => {
      const { userId = null, apiKeyId = null } = filter;
      if ([userId, apiKeyId].some((id) => id !== null && !isUuid(id))) return { items: [] };
      return this.#find({ userId, apiKeyId }, filter, { after, limit });
    });
  }

  /** Yields all events of a user, newest first. */
  async *eventsOf(userId: string): AsyncGenerator<StoredEvent> {
    const search = { of: { userId, apiKeyId: null }, actions: KNOWN_ACTIONS, from: null, to: null };
    for (let after: Position | null = null; ; ) {
      const events: StoredEvent[] = await findEvents(this.#database, { ...search, after }, EXPORTED_AT_ONCE);
      yield* events;
      const last = events.at(-1);
      if (!last || events.length < EXPORTED_AT_ONCE) return;
      after = last;
    }
  }

  /** Creates the loader of one request. One query loads the same part of the events of several keys. */
  keyEvents(): KeyEvents {
    const byPart = new Map<string, DataLoader<string, AuditEvent[]>>();
    return {
      page: (apiKeyId, request) =>
        this.#cursors.page({ list: 'api-key-events', ownerId: apiKeyId }, request, async (after, limit) => {
          const part = JSON.stringify([after, limit]);
          const loader = byPart.get(part) ?? new DataLoader((apiKeyIds) => this.#findOfKeys(apiKeyIds, after, limit));
          byPart.set(part, loader);
          return { items: itemsOf(await loader.load(apiKeyId)) };
        }),
    };
  }

  async #find(
    of: EventSearch['of'],
    { actions = null, from, to }: AuditFilter,
    { after, limit }: { after: Position | null; limit: number },
  ): Promise<Found<AuditEvent>> {
    const wanted = actions === null ? KNOWN_ACTIONS : [...new Set(actions)];
    if (wanted.length === 0) return { items: [] };
    const search = { of, actions: wanted, from: storableTime(from), to: storableTime(to), after };
    const events = await findEvents(this.#database, search, limit);
    const isComplete = (actions === null && (of.userId === null || of.apiKeyId === null)) || events.length === limit;
    return { items: itemsOf(events.map(eventOf)), stoppedAt: isComplete ? null : await findEndOfSearch(this.#database, search) };
  }

  /** Returns whether the events of a key belong to the user. The owner of a key never changes. */
  async #isKeyOf(userId: string, apiKeyId: string): Promise<boolean> {
    return (
      isUuid(apiKeyId) && (await this.#database.auditEvent.findFirst({ where: { apiKeyId }, select: { userId: true } }))?.userId === userId
    );
  }

  async #findOfKeys(apiKeyIds: readonly string[], after: Position | null, limit: number): Promise<AuditEvent[][]> {
    const events = await findEventsOfKeys(this.#database, { apiKeyIds, actions: KNOWN_ACTIONS, after, limit });
    const byKey = new Map<string | null, AuditEvent[]>(apiKeyIds.map((id) => [id, []]));
    for (const event of events) byKey.get(event.apiKeyId)?.push(eventOf(event));
    return apiKeyIds.map((id) => byKey.get(id) ?? []);
  }
}

const eventOf = (event: StoredEvent): AuditEvent => ({ ...event, action: event.action as AuditAction });

const itemsOf = (events: readonly AuditEvent[]) => events.map((event) => ({ node: event, position: event }));

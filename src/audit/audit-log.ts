import DataLoader from 'dataloader';
import { validate as isUuid } from 'uuid';
import { DAY_MS } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import type { Cursors, Found, Page, PageRequest, Position } from '../platform/pagination.js';
import { pruneAuditEvents } from './audit.queries.js';
import { AuditAction } from './audit-entry.js';
import { findEndOfSearch, findEvents, findEventsOfKeys, type StoredEvent } from './audit-events.queries.js';
import { type AuditFilter, checkOwnFilter } from './audit-filter.js';

/** Actions that this version can return. A newer version on the same database may write others. */
const KNOWN_ACTIONS: string[] = Object.values(AuditAction);

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

  constructor(options: { database: Database; cursors: Cursors }) {
    this.#database = options.database;
    this.#cursors = options.cursors;
  }

  /**
   * Deletes old events permanently. The trigger allows deletion only here. Each step deletes one day, the oldest first, so that
   * no step takes long and the command can be stopped at any time.
   *
   * @param before events from this time on are kept
   * @returns for each step, the number of deleted events and the end of the deleted period
   */
  async *prune(before: Date): AsyncGenerator<{ removed: number; until: Date }> {
    const oldest = await this.#database.auditEvent.aggregate({ _min: { at: true } });
    for (let from = oldest._min.at; from !== null && from < before; ) {
      const until = new Date(Math.min(from.getTime() + DAY_MS, before.getTime()));
      yield { removed: await pruneAuditEvents(this.#database, from, until), until };
      from = until;
    }
  }

  /**
   * Returns a page of the events of the user's account, newest first.
   *
   * @throws {KeywardError} BAD_USER_INPUT, like Cursors.page, and for a filter that breaks a rule
   */
  page(userId: string, request: PageRequest, filter: AuditFilter = {}): Promise<Page<AuditEvent>> {
    checkOwnFilter(filter);
    return this.#cursors.page({ list: 'audit-log', ownerId: userId }, request, (after, limit) =>
      this.#find(userId, filter, { after, limit }),
    );
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
    userId: string,
    filter: AuditFilter,
    { after, limit }: { after: Position | null; limit: number },
  ): Promise<Found<AuditEvent>> {
    const { actions = null, apiKeyId = null, from, to } = filter;
    if (apiKeyId !== null && !(await this.#isKeyOf(userId, apiKeyId))) return { items: [] };
    const wanted = actions === null ? KNOWN_ACTIONS : [...new Set(actions)];
    if (wanted.length === 0) return { items: [] };
    const search = { of: { userId, apiKeyId }, actions: wanted, from: storable(from), to: storable(to), after };
    const events = await findEvents(this.#database, search, limit);
    const isComplete = actions === null || events.length === limit;
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

/** Returns a time that PostgreSQL can compare. It has no year 0, and no event is older than 1970. */
const storable = (time: Date | null | undefined): Date | null => (time ? new Date(Math.max(0, time.getTime())) : null);

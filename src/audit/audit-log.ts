import { DAY_MS } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import type { AuditEvent as AuditEventRow } from '../platform/database/generated/client.js';
import type { Cursors, Page, PageRequest } from '../platform/pagination.js';
import { pruneAuditEvents } from './audit.queries.js';
import { AuditAction } from './audit-entry.js';

/** Actions that this version can return. A newer version on the same database may write others. */
const KNOWN_ACTIONS: string[] = Object.values(AuditAction);

export interface AuditEvent extends Omit<AuditEventRow, 'action'> {
  action: AuditAction;
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
   * @throws {KeywardError} BAD_USER_INPUT, like Cursors.page
   */
  page(userId: string, request: PageRequest): Promise<Page<AuditEvent>> {
    return this.#cursors.page({ list: 'audit-log', ownerId: userId }, request, async (after, limit) => {
      const events = await this.#database.auditEvent.findMany({
        where: {
          userId,
          action: { in: KNOWN_ACTIONS },
          ...(after && { OR: [{ at: { lt: after.at } }, { at: after.at, id: { lt: after.id } }] }),
        },
        orderBy: [{ at: 'desc' }, { id: 'desc' }],
        take: limit,
      });
      return { items: events.map((event) => ({ node: { ...event, action: event.action as AuditAction }, position: event })) };
    });
  }
}

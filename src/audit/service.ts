import { setImmediate as nextTurn } from 'node:timers/promises';
import { canonicalAddress } from '../platform/address.js';
import type { Clock } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import type { AuditEvent as AuditEventRow } from '../platform/database/generated/client.js';
import type { Logger } from '../platform/logger.js';
import { logEntry, type Origin } from '../platform/origin.js';
import type { Cursors, Page, PageRequest } from '../platform/pagination.js';
import { storableUserAgent } from '../platform/text.js';
import { type Budgets, WindowCounter } from '../platform/window-counter.js';
import { insertAuditEvents, pruneAuditEvents } from './audit.queries.js';
import { RefusalCounts } from './refusal-counts.js';

const DAY_MS = 86_400_000;

/** What can be done in an account. */
export enum AuditAction {
  USER_SIGNED_UP = 'USER_SIGNED_UP',
  USER_SIGNED_IN = 'USER_SIGNED_IN',
  USER_SIGN_IN_FAILED = 'USER_SIGN_IN_FAILED',
  USER_SIGNED_OUT = 'USER_SIGNED_OUT',
  PASSWORD_CHANGED = 'PASSWORD_CHANGED',
  PASSWORD_RESET_ISSUED = 'PASSWORD_RESET_ISSUED',
  PASSWORD_RESET = 'PASSWORD_RESET',
  SESSION_ENDED = 'SESSION_ENDED',
  SESSION_REUSE_DETECTED = 'SESSION_REUSE_DETECTED',
  USER_DISABLED = 'USER_DISABLED',
  USER_ENABLED = 'USER_ENABLED',
  USER_DELETED = 'USER_DELETED',
  API_KEY_CREATED = 'API_KEY_CREATED',
  API_KEY_UPDATED = 'API_KEY_UPDATED',
  API_KEY_ROTATED = 'API_KEY_ROTATED',
  API_KEY_REVOKED = 'API_KEY_REVOKED',
  API_KEY_IMPORTED = 'API_KEY_IMPORTED',
  ACCESS_REFUSED = 'ACCESS_REFUSED',
}

/** Actions that a newer version beside us writes are for that version to tell. */
const KNOWN_ACTIONS: string[] = Object.values(AuditAction);

/** What is to be kept of something that was done. */
export interface AuditEntry {
  /** In whose account. */
  userId: string;
  action: AuditAction;
  /** What it was done to, where that is a key of this user. */
  apiKeyId?: string;
  /**
   * What else is worth telling. It can never be taken back, and outlives user and key: no secret, no free text of
   * somebody's, nothing of another user's.
   */
  details?: object;
}

export interface AuditEvent extends Omit<AuditEventRow, 'action'> {
  action: AuditAction;
}

/** The audit log: append-only, held to be so by a trigger. */
export class AuditLog {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #cursors: Cursors;
  readonly #logger: Logger;
  readonly #refusals: RefusalCounts;
  readonly #writing = new Set<Promise<void>>();

  /** @param options.refusals counts refusals, for all processes together; in this one if it is left out */
  constructor(options: { database: Database; clock: Clock; cursors: Cursors; logger: Logger; refusals?: Budgets }) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#cursors = options.cursors;
    this.#logger = options.logger;
    this.#refusals = new RefusalCounts(options.refusals ?? new WindowCounter({ clock: options.clock }));
  }

  /**
   * Adds to the log, in the transaction of the change that it tells of: either both happen or neither.
   *
   * @param origin of the request; null where the operator did it, by a command
   */
  record(transaction: Transaction, entries: AuditEntry | readonly AuditEntry[], origin: Origin | null): Promise<void> {
    return insert(transaction, [entries].flat(), origin, this.#clock.now());
  }

  /** As record, for the hundreds of changes that a command makes at once: no request did them. */
  recordAll(transaction: Transaction, entries: readonly AuditEntry[]): Promise<void> {
    return insertAuditEvents(transaction, entries, this.#clock.now());
  }

  /**
   * Adds an event about a user who asked for what belongs to somebody else, and logs it: once a minute for each user and
   * target, with the number of repetitions since the last time.
   */
  async recordRefusal(userId: string, details: { apiKeyId: string } | { sessionId: string }, origin: Origin): Promise<void> {
    const repeated = await this.#refusals.count(`${userId} ${Object.values(details)[0]}`);
    if (repeated === null) return;
    const counted = { ...details, ...(repeated > 0 && { repeated }) };
    this.#logger.warn({ ...logEntry(origin), userId, ...counted }, 'access to an object of another user rejected');
    await this.record(this.#database, { userId, action: AuditAction.ACCESS_REFUSED, details: counted }, origin);
  }

  /** Adds an event that no change goes with, without making whoever is refused wait: how long the answer takes would tell that there is something to write. */
  recordRefusalLater(entry: AuditEntry, origin: Origin): void {
    const at = this.#clock.now();
    const writing = nextTurn()
      .then(() => insert(this.#database, [entry], origin, at))
      .catch((error: unknown) => {
        const { action, userId } = entry;
        this.#logger.error({ ...logEntry(origin), userId, action, err: error }, 'audit event could not be written');
      })
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await Promise.all(this.#writing);
  }

  /**
   * Removes old events for good, which the trigger lets nobody else do: a day at a time, the oldest first, so that it can be
   * broken off at any time and no step takes long.
   *
   * @param before what happened from then on stays
   * @returns of each step how many were removed, and until when
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
   * @returns what was done in the user's account, newest first
   * @throws {KeywardError} BAD_USER_INPUT, as Cursors.page
   */
  page(userId: string, request: PageRequest): Promise<Page<AuditEvent>> {
    return this.#cursors.page({ list: 'audit-log', userId }, request, async (after, limit) => {
      const events = await this.#database.auditEvent.findMany({
        where: {
          userId,
          action: { in: KNOWN_ACTIONS },
          ...(after && { OR: [{ at: { lt: after.at } }, { at: after.at, id: { lt: after.id } }] }),
        },
        orderBy: [{ at: 'desc' }, { id: 'desc' }],
        take: limit,
      });
      return events.map((event) => ({ node: { ...event, action: event.action as AuditAction }, position: event }));
    });
  }
}

async function insert(database: Transaction, entries: readonly AuditEntry[], origin: Origin | null, at: Date): Promise<void> {
  await database.auditEvent.createMany({
    data: entries.map((entry) => ({
      ...entry,
      details: { ...entry.details, ...(origin === null && { actor: 'operator' }) },
      at,
      ipAddress: canonicalAddress(origin?.ipAddress ?? null),
      userAgent: storableUserAgent(origin?.userAgent ?? null),
    })),
  });
}

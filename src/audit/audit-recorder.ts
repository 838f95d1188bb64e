import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Actor, actorFields, nameOf, type RequestActor, recordedSource, type UserActor } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import { canonicalAddress } from '../platform/ip/address.js';
import type { Logger } from '../platform/logger.js';
import { type Budgets, WindowCounter } from '../platform/rate-limit/window-counter.js';
import { storableUserAgent } from '../platform/text.js';
import { insertAuditEvents } from './audit.queries.js';
import { AuditAction, type AuditEntry } from './audit-entry.js';
import { RefusalCounts } from './refusal-counts.js';

/** Writes what else follows from entries. */
export interface AuditSink {
  /** SQL condition without which there is nothing to write. */
  isNeededIf: string;
  /** Writes in the transaction of the recorded change. If it throws, the change does not happen. */
  write(transaction: Transaction, entries: readonly AuditEntry[], source: { actor: Actor; at: Date }): Promise<void>;
}

const NO_SINK: AuditSink = { isNeededIf: 'false', write: async () => undefined };

/** Writes the audit log. A trigger of the database keeps it append-only. */
export class AuditRecorder {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #refusals: RefusalCounts;
  readonly #sink: AuditSink;
  readonly #writing = new Set<Promise<void>>();

  /**
   * @param options.refusals counter of rejections that all processes share; if absent, a counter of this process
   * @param options.sink writes webhook events; if absent, only the audit log is written
   */
  constructor(options: { database: Database; clock: Clock; logger: Logger; refusals?: Budgets; sink?: AuditSink }) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#refusals = new RefusalCounts(options.refusals ?? new WindowCounter({ clock: options.clock }));
    this.#sink = options.sink ?? NO_SINK;
  }

  /**
   * Adds entries and their webhook events in the transaction of the recorded change, so that either all are committed or none is. The
   * rows of the user and the key must already be in the state after the change; those of a deleted user must still exist.
   */
  record(transaction: Transaction, entries: AuditEntry | readonly AuditEntry[], actor: Actor): Promise<void> {
    return this.#insert(transaction, [entries].flat(), actor, this.#clock.now());
  }

  /**
   * Records and logs that a user, or a service for a user, requested an object of another user: once a minute for each user and
   * object, with the number of repetitions since the last event.
   */
  async recordRefusal(userId: string | null, details: { apiKeyId: string } | { sessionId: string }, actor: RequestActor): Promise<void> {
    const repeated = await this.#refusals.count(`${userId ?? nameOf(actor)} ${Object.values(details)[0]}`);
    if (repeated === null) return;
    const counted = { ...details, ...(repeated > 0 && { repeated }) };
    this.#logger.warn({ ...actorFields(actor), userId, ...counted }, 'access to an object of another user rejected');
    await this.record(this.#database, { userId, action: AuditAction.ACCESS_REFUSED, details: counted }, actor);
  }

  /**
   * Records a rejection after the response. The caller does not wait for it, because the response time would otherwise reveal
   * that an event was written.
   */
  recordRefusalLater(entry: AuditEntry, actor: UserActor): void {
    const at = this.#clock.now();
    const writing = nextTurn()
      .then(() => this.#insert(this.#database, [entry], actor, at))
      .catch((error: unknown) => {
        const { action, userId } = entry;
        this.#logger.error({ ...actorFields(actor), userId, action, err: error }, 'audit event could not be written');
      })
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** Waits for the events that are being written. */
  async close(): Promise<void> {
    await Promise.all(this.#writing);
  }

  async #insert(transaction: Transaction, entries: readonly AuditEntry[], actor: Actor, at: Date): Promise<void> {
    if (entries.length === 0) return;
    const source = recordedSource(actor);
    const ipAddress = canonicalAddress(source?.ipAddress ?? null);
    const userAgent = storableUserAgent(source?.userAgent ?? null);
    const rows = entries.map((entry) => ({ ...entry, details: detailsOf(entry, actor), ipAddress, userAgent }));
    const sinkIsNeeded = await insertAuditEvents(transaction, rows, { at, condition: this.#sink.isNeededIf });
    if (sinkIsNeeded) await this.#sink.write(transaction, entries, { actor, at });
  }
}

/** Returns the details to store. They name the actor unless it is a user, and the portal session if there is one. */
const detailsOf = ({ details }: AuditEntry, actor: Actor): object => ({
  ...details,
  ...(nameOf(actor) !== 'user' && { actor: nameOf(actor) }),
  ...(actor.kind === 'portal' && { portalSessionId: actor.portalSessionId }),
});

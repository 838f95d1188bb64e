import { setTimeout as sleep } from 'node:timers/promises';
import { validate as isUuid, NIL as NIL_UUID } from 'uuid';
import { OPERATOR } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import { databaseFault } from '../platform/database/database-errors.js';
import { badUserInput } from '../platform/errors/keyward-error.js';
import { AuditAction } from './audit-entry.js';
import {
  type ExportedRow,
  type ExportPosition,
  findEventsInOrder,
  findIdentity,
  findOldEvents,
  findTransactions,
  lockGeneration,
  setGeneration,
} from './audit-export.queries.js';
import type { AuditRecorder } from './audit-recorder.js';

/** Events that are read, recorded as exported and printed together. */
const PAGE_EVENTS = 1_000;

/** Attempts to set the generation while transactions write events. */
const TRIES_MAX = 60;

/** A later generation has a higher number, also of two clusters that were restored from the same backup. */
const MINUTE_MS = 60_000;

const START: ExportPosition = { generation: 0, transactionId: 0n, id: NIL_UUID };

/** An exported event. */
export interface ExportedEvent extends Omit<ExportedRow, 'generation' | 'transactionId'> {
  /** Resumes the export after this event. */
  cursor: string;
}

const cursorOf = ({ generation, transactionId, id }: ExportPosition): string => `${generation}.${transactionId}.${id}`;

/** Parses a cursor of an export. Null if the text is not a cursor. */
function readExportCursor(text: string): ExportPosition | null {
  const [, generation, transactionId, id = ''] = /^(\d{1,9})\.(\d{1,18})\.([0-9a-f-]{36})$/.exec(text) ?? [];
  if (generation === undefined || transactionId === undefined || !isUuid(id)) return null;
  return { generation: Number(generation), transactionId: BigInt(transactionId), id };
}

const isExport = ({ action }: ExportedRow) => action === AuditAction.AUDIT_LOG_EXPORTED;

/** Exports the audit log to another system, in an order in which no event appears before the end of an earlier export. */
export class AuditExport {
  readonly #deps: { database: Database; clock: Clock; audit: AuditRecorder };

  constructor(deps: { database: Database; clock: Clock; audit: AuditRecorder }) {
    this.#deps = deps;
  }

  /**
   * Yields the events behind a position, in pages. Each page is recorded in the audit log before it is yielded, unless it has nothing but
   * such records: an export that runs every minute would otherwise record itself for ever.
   *
   * @param cursor of the last event that was exported; null for the first export
   * @throws {KeywardError} BAD_USER_INPUT if the cursor is not from this database
   */
  async *pages(cursor: string | null, limit: number): AsyncGenerator<ExportedEvent[]> {
    const { database, audit } = this.#deps;
    const generation = await this.alignGeneration();
    // A transaction that is running can still add events in front of those of later transactions. The end is the same for all pages, so that
    // an export does not export its own records.
    const { oldest, next } = await findTransactions(database);
    const after = cursor === null ? START : readExportCursor(cursor);
    if (after === null || isAhead(after, { generation, transactionId: next })) throw foreignCursor();
    let position = after;
    for (let left = limit; left > 0; ) {
      const rows = await this.#read(position, { generation, before: oldest, limit: Math.min(left, PAGE_EVENTS) });
      const last = rows.at(-1);
      if (!last) return;
      const details = { events: rows.length, cursor: cursorOf(last) };
      if (!rows.every(isExport)) {
        await audit.record(database, { userId: null, action: AuditAction.AUDIT_LOG_EXPORTED, details }, OPERATOR);
      }
      yield rows.map(({ generation: of, transactionId, ...event }) => ({
        cursor: cursorOf({ generation: of, transactionId, id: event.id }),
        ...event,
      }));
      position = last;
      left -= rows.length;
    }
  }

  /**
   * Begins a new generation if the database is in another cluster than before: restored, or promoted. Transaction numbers may begin again
   * there, so its events follow those of the earlier generation, whatever their numbers.
   *
   * @returns the current generation
   */
  async alignGeneration(): Promise<number> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#tryToAlign();
      } catch (error) {
        if (tries === TRIES_MAX || databaseFault(error) !== 'unavailable') throw error;
        await sleep(tries * 10);
      }
    }
  }

  async #tryToAlign(): Promise<number> {
    const { database, clock } = this.#deps;
    const identity = await findIdentity(database);
    const current = await database.auditLogCluster.findFirst({ orderBy: { generation: 'desc' } });
    if (current?.identity === identity) return current.generation;
    return database.$transaction(async (transaction) => {
      await lockGeneration(transaction);
      const latest = await transaction.auditLogCluster.findFirst({ orderBy: { generation: 'desc' } });
      if (latest?.identity === identity) return latest.generation;
      const generation = latest ? Math.max(latest.generation + 1, Math.floor(clock.now().getTime() / MINUTE_MS)) : 0;
      await transaction.auditLogCluster.create({ data: { generation, identity } });
      // The first generation is the default of the column, so that the first start does not wait for writers of events.
      if (generation > 0) await setGeneration(transaction, generation);
      return generation;
    });
  }

  async #read(after: ExportPosition, end: { generation: number; before: bigint; limit: number }): Promise<ExportedRow[]> {
    const { database } = this.#deps;
    const old = after.generation === 0 && after.transactionId === 0n ? await findOldEvents(database, after, end.limit) : [];
    return old.length > 0 ? old : findEventsInOrder(database, after, end);
  }
}

/** Returns whether the database has not reached a position: it was restored from a backup, or it is another database. */
const isAhead = (after: ExportPosition, next: Pick<ExportPosition, 'generation' | 'transactionId'>): boolean =>
  after.generation === next.generation ? after.transactionId >= next.transactionId : after.generation > next.generation;

const foreignCursor = () =>
  badUserInput([{ path: '--after', message: 'is not a cursor of this database. Was it restored from a backup?' }]);

import type { AuditSink } from '../audit/audit-recorder.js';
import { type Actor, nameOf } from '../platform/actor.js';
import type { Transaction } from '../platform/database/client.js';
import { type EventToWrite, eventsOf } from './audited-events.js';
import { insertEvents } from './webhook-events.queries.js';
import { ANY_ENDPOINT } from './webhook-sql.js';

/** Who caused an event, and when. */
interface EventSource {
  actor: Actor;
  at: Date;
}

/**
 * Writes the events of audited changes with their deliveries. The transaction holds the user's row locked, or has created it, so that the
 * positions of the events of a user are in the order of the changes.
 */
export const AUDITED_EVENTS: AuditSink = {
  isNeededIf: ANY_ENDPOINT,
  write: (transaction, entries, source) => recordEvents(transaction, eventsOf(entries), source),
};

/** Writes events and a delivery for each enabled endpoint that selects their type. If there is no endpoint, it writes nothing. */
export async function recordEvents(transaction: Transaction, events: readonly EventToWrite[], { actor, at }: EventSource): Promise<void> {
  if (events.length > 0) await insertEvents(transaction, events, { actor: nameOf(actor), at });
}

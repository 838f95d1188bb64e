import type { Database, Transaction } from '../platform/database/client.js';

/** Inserts a test event with its delivery to one endpoint. @returns the id of the delivery */
export async function insertTestEvent(
  transaction: Transaction,
  endpointId: string,
  { actor, at }: { actor: string; at: Date },
): Promise<string> {
  const rows = await transaction.$queryRaw<{ id: string }[]>`
    WITH event AS (
      INSERT INTO webhook_events (id, type, at, endpoint_id, subject_id, data)
      VALUES (gen_random_uuid(), 'webhook.test', ${at}, ${endpointId}::uuid, ${endpointId}::uuid,
        jsonb_build_object('actor', ${actor}::text, 'webhookEndpointId', ${endpointId}::text))
      RETURNING position, id, type, at, subject_id)
    INSERT INTO webhook_deliveries (endpoint_id, position, event_id, event_type, subject_id, created_at, next_attempt_at)
    SELECT ${endpointId}::uuid, position, id, type, subject_id, at, at FROM event RETURNING id`;
  return rows[0]?.id ?? '';
}

/** The events to queue again for one endpoint. */
export interface Redelivery {
  endpointId: string;
  /** Empty if all types are selected. */
  eventTypes: readonly string[];
  since: Date;
  includeDelivered: boolean;
}

/** Returns the number of events since a time that an endpoint selects, but at most `max`. */
export async function countEventsSince(database: Database, { eventTypes, since }: Redelivery, max: number): Promise<number> {
  const rows = await database.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      SELECT FROM webhook_events
      WHERE at >= ${since} AND endpoint_id IS NULL
        AND (cardinality(${[...eventTypes]}::text[]) = 0 OR type = ANY(${[...eventTypes]}::text[]))
      LIMIT ${max}) AS events`;
  return rows[0]?.count ?? 0;
}

/**
 * Queues a part of the events since a time, in the order of their positions: those without a delivery, those that were not delivered
 * and are not being sent, and with `includeDelivered` those that were delivered. An event that waits for its first attempt is unchanged.
 * The events are locked against their removal, because a delivery without an event is never sent and delays those of the same subject.
 *
 * @param after position of the last event of the part before
 * @returns the number of queued events, and the position of the last examined one; null if the part was the last
 */
export async function queueAgain(
  database: Database,
  { endpointId, eventTypes, since, includeDelivered }: Redelivery,
  part: { after: bigint; limit: number; now: Date },
): Promise<{ queued: number; last: bigint | null }> {
  const [row] = await database.$queryRaw<{ queued: number; last: bigint | null }[]>`
    WITH event AS (
      SELECT position, id, type, at, subject_id FROM webhook_events
      WHERE position > ${part.after} AND at >= ${since} AND endpoint_id IS NULL
        AND (cardinality(${[...eventTypes]}::text[]) = 0 OR type = ANY(${[...eventTypes]}::text[]))
      ORDER BY position LIMIT ${part.limit} FOR KEY SHARE),
    queued AS (
      INSERT INTO webhook_deliveries AS d (endpoint_id, position, event_id, event_type, subject_id, created_at, next_attempt_at)
      SELECT ${endpointId}::uuid, position, id, type, subject_id, at, ${part.now} FROM event ORDER BY position
      ON CONFLICT (position, endpoint_id) DO UPDATE SET status = 'PENDING', attempts = 0, next_attempt_at = ${part.now}, lease = NULL
      WHERE d.status = 'FAILED' OR (d.status = 'DELIVERED' AND ${includeDelivered})
        OR (d.status = 'PENDING' AND d.attempts > 0 AND (d.lease IS NULL OR d.next_attempt_at <= ${part.now}))
      RETURNING 1)
    SELECT (SELECT count(*)::int FROM queued) AS queued,
      (SELECT CASE WHEN count(*) = ${part.limit} THEN max(position) END FROM event) AS last`;
  return row ?? { queued: 0, last: null };
}

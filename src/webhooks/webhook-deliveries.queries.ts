import type { Database, Transaction } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import { NOTICE_LIMITS } from '../platform/limits.js';

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

/** A part of the events, in the order of their positions. */
export interface EventPart {
  /** Position of the last event of the part before. */
  after: bigint;
  /** Number of events to examine, of any time and type. */
  limit: number;
}

/** A statement reads the events of one part. The condition is applied afterwards, because a search for few events would read many. */
const partOf = ({ after, limit }: EventPart): Prisma.Sql => Prisma.sql`
  SELECT position, id, type, at, subject_id, endpoint_id FROM webhook_events WHERE position > ${after} ORDER BY position LIMIT ${limit}`;

const isSelected = ({ eventTypes, since }: Redelivery): Prisma.Sql => Prisma.sql`
  at >= ${since} AND endpoint_id IS NULL AND (cardinality(${[...eventTypes]}::text[]) = 0 OR type = ANY(${[...eventTypes]}::text[]))`;

/**
 * Returns a position after which all events since a time are. The order of positions is that of the times, except for transactions that
 * overlap and for clocks that differ.
 */
export async function findPositionBefore(database: Database, since: Date): Promise<bigint> {
  const before = new Date(since.getTime() - NOTICE_LIMITS.overlapSeconds * 1_000);
  const [row] = await database.$queryRaw<{ position: bigint }[]>`
    SELECT position FROM webhook_events WHERE at < ${before} ORDER BY at DESC LIMIT 1`;
  return row?.position ?? 0n;
}

/** Counts the events of a part that an endpoint selects. @returns also the position of the last examined event; null if the part was the last */
export async function countEvents(
  database: Database,
  redelivery: Redelivery,
  part: EventPart,
): Promise<{ count: number; last: bigint | null }> {
  const [row] = await database.$queryRaw<{ count: number; last: bigint | null }[]>`
    WITH part AS (${partOf(part)})
    SELECT (count(*) FILTER (WHERE ${isSelected(redelivery)}))::int AS count,
      CASE WHEN count(*) = ${part.limit} THEN max(position) END AS last FROM part`;
  return row ?? { count: 0, last: null };
}

/**
 * Queues the events of a part: those without a delivery, those that were not delivered and are not being sent, and with
 * `includeDelivered` those that were delivered. An event that waits for its first attempt is unchanged. The events are locked against their
 * removal, because a delivery without an event is never sent and delays those of the same subject.
 *
 * @returns the number of queued events, and the position of the last examined one; null if the part was the last
 */
export async function queueAgain(
  database: Database,
  redelivery: Redelivery,
  { now, ...part }: EventPart & { now: Date },
): Promise<{ queued: number; last: bigint | null }> {
  const { endpointId, includeDelivered } = redelivery;
  const [row] = await database.$queryRaw<{ queued: number; last: bigint | null }[]>`
    WITH part AS (${partOf(part)}),
    event AS (
      SELECT position, id, type, at, subject_id FROM webhook_events
      WHERE position IN (SELECT position FROM part WHERE ${isSelected(redelivery)}) ORDER BY position FOR KEY SHARE),
    queued AS (
      INSERT INTO webhook_deliveries AS d (endpoint_id, position, event_id, event_type, subject_id, created_at, next_attempt_at)
      SELECT ${endpointId}::uuid, position, id, type, subject_id, at, ${now} FROM event ORDER BY position
      ON CONFLICT (position, endpoint_id) DO UPDATE SET status = 'PENDING', attempts = 0, next_attempt_at = ${now}, lease = NULL
      WHERE d.status = 'FAILED' OR (d.status = 'DELIVERED' AND ${includeDelivered})
        OR (d.status = 'PENDING' AND d.attempts > 0 AND (d.lease IS NULL OR d.next_attempt_at <= ${now}))
      RETURNING 1)
    SELECT (SELECT count(*)::int FROM queued) AS queued,
      (SELECT CASE WHEN count(*) = ${part.limit} THEN max(position) END FROM part) AS last`;
  return row ?? { queued: 0, last: null };
}

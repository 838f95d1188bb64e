import type { Pool } from '../platform/database/pool.js';
import { WEBHOOK_LIMITS } from '../platform/limits.js';

/** An enabled endpoint with deliveries that are due. */
export interface DueEndpoint {
  id: string;
  url: string;
  sealedSecret: Buffer;
  previousSealedSecret: Buffer | null;
  previousSecretExpiresAt: Date | null;
  failingSince: Date | null;
}

const DUE_ENDPOINTS = {
  name: 'keyward-due-webhook-endpoints',
  text: `
    SELECT id, url, sealed_secret AS "sealedSecret", previous_sealed_secret AS "previousSealedSecret",
      previous_secret_expires_at AS "previousSecretExpiresAt", failing_since AS "failingSince"
    FROM webhook_endpoints AS e
    WHERE disabled_at IS NULL AND EXISTS (
      SELECT FROM webhook_deliveries AS d WHERE d.endpoint_id = e.id AND d.status = 'PENDING' AND d.next_attempt_at <= $1)`,
};

export const findDueEndpoints = async (pool: Pool, now: Date): Promise<DueEndpoint[]> =>
  (await pool.query<DueEndpoint>({ ...DUE_ENDPOINTS, values: [now] })).rows;

/** A delivery that this process may send until its lease ends. */
export interface ClaimedDelivery {
  id: string;
  lease: string;
  /** Number of attempts, including this one. */
  attempts: number;
  eventId: string;
  type: string;
  at: Date;
  data: unknown;
}

/** Order in which deliveries are examined. */
export interface DuePosition {
  at: Date;
  position: string;
}

/**
 * A delivery is claimed unless an older pending one of the same subject waits for its first attempt or is being sent. The older one is
 * visible here, because the change that wrote it was committed before the later change of the same user began. A claimed row that another
 * process changed meanwhile is skipped.
 *
 * The statistics of the table do not show a sudden backlog, so PostgreSQL expects one pending row. Therefore each part is materialized, and
 * an older delivery is searched for in the order of its index: a join would read the whole backlog again for each of its rows.
 */
const CLAIM = {
  name: 'keyward-claim-webhook-deliveries',
  text: `
    WITH due AS MATERIALIZED (
      SELECT id, subject_id, position, next_attempt_at FROM webhook_deliveries
      WHERE endpoint_id = $1 AND status = 'PENDING' AND next_attempt_at <= $2
        AND (next_attempt_at, position) > ($5::timestamptz, $6::bigint)
      ORDER BY next_attempt_at, position LIMIT ${WEBHOOK_LIMITS.examinedAtOnce}),
    free AS MATERIALIZED (
      SELECT id FROM due WHERE (
        SELECT o.id FROM webhook_deliveries AS o
        WHERE o.endpoint_id = $1 AND o.subject_id = due.subject_id AND o.status = 'PENDING' AND o.position < due.position
          AND (o.attempts = 0 OR (o.lease IS NOT NULL AND o.next_attempt_at > $2))
        ORDER BY o.position LIMIT 1) IS NULL
      ORDER BY next_attempt_at, position LIMIT $3),
    locked AS MATERIALIZED (
      SELECT id FROM webhook_deliveries
      WHERE id = ANY(ARRAY(SELECT id FROM free)) AND status = 'PENDING' AND next_attempt_at <= $2
      FOR UPDATE SKIP LOCKED)
    UPDATE webhook_deliveries AS d
    SET lease = gen_random_uuid(), attempts = d.attempts + 1, last_attempt_at = $2, next_attempt_at = $4
    FROM locked, webhook_events AS e WHERE d.id = locked.id AND e.position = d.position
    RETURNING d.id, d.lease, d.attempts, e.id AS "eventId", e.type, e.at, e.data`,
};

/** Claims deliveries of one endpoint. @param after examines only those after this position @param until end of the lease */
export async function claimDeliveries(
  pool: Pool,
  endpointId: string,
  { now, limit, until, after }: { now: Date; limit: number; until: Date; after: DuePosition },
): Promise<ClaimedDelivery[]> {
  const values = [endpointId, now, limit, until, after.at, after.position];
  return (await pool.query<ClaimedDelivery>({ ...CLAIM, values })).rows;
}

/** Returns the position at which a claim stopped examining deliveries; null if it examined all of them. */
export async function findEndOfClaim(pool: Pool, endpointId: string, now: Date, after: DuePosition): Promise<DuePosition | null> {
  const { rows } = await pool.query<DuePosition>(
    `SELECT next_attempt_at AS at, position FROM webhook_deliveries
     WHERE endpoint_id = $1 AND status = 'PENDING' AND next_attempt_at <= $2 AND (next_attempt_at, position) > ($3::timestamptz, $4::bigint)
     ORDER BY next_attempt_at, position OFFSET ${WEBHOOK_LIMITS.examinedAtOnce - 1} LIMIT 1`,
    [endpointId, now, after.at, after.position],
  );
  return rows[0] ?? null;
}

/** The outcome of an attempt, to store. */
export interface Settlement {
  id: string;
  lease: string;
  status: 'PENDING' | 'DELIVERED' | 'FAILED';
  nextAttemptAt: Date | null;
  statusCode: number | null;
  error: string | null;
  /** 1 if the attempt was cancelled by the end of the process, so that it does not count; else 0. */
  cancelled: 0 | 1;
}

/** An outcome is stored only if no other process has claimed the delivery since. */
const SETTLE = {
  name: 'keyward-settle-webhook-deliveries',
  text: `
    UPDATE webhook_deliveries AS d
    SET status = s.status, next_attempt_at = s."nextAttemptAt", last_status_code = s."statusCode", last_error = s.error, lease = NULL,
      attempts = d.attempts - s.cancelled
    FROM json_to_recordset($1::json)
      AS s(id uuid, lease uuid, status text, "nextAttemptAt" timestamptz, "statusCode" int, error text, cancelled int)
    WHERE d.id = s.id AND d.lease = s.lease AND d.status = 'PENDING'`,
};

/** Stores outcomes. @returns the number of stored ones */
export async function settleDeliveries(pool: Pool, settlements: readonly Settlement[]): Promise<number> {
  return (await pool.query({ ...SETTLE, values: [JSON.stringify(settlements)] })).rowCount ?? 0;
}

/** Stores since when all attempts of an endpoint fail. @returns the stored time; null if the endpoint was deleted, or the last one succeeded */
export async function noteFailure(pool: Pool, endpointId: string, now: Date): Promise<Date | null> {
  const { rows } = await pool.query<{ since: Date }>(
    'UPDATE webhook_endpoints SET failing_since = coalesce(failing_since, $2) WHERE id = $1 RETURNING failing_since AS since',
    [endpointId, now],
  );
  return rows[0]?.since ?? null;
}

/** Stores that an attempt of an endpoint succeeded. */
export async function noteSuccess(pool: Pool, endpointId: string): Promise<void> {
  await pool.query('UPDATE webhook_endpoints SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL', [endpointId]);
}

/** Counts of deliveries, for the metrics. */
export interface Backlog {
  due: number;
  oldest: Date | null;
}

/** Counts the deliveries of enabled endpoints that are due, at most 100,000, and returns the time from which the oldest is due. */
export async function measureBacklog(pool: Pool, now: Date): Promise<Backlog> {
  const { rows } = await pool.query<Backlog>(
    `SELECT count(*)::int AS due, min(next_attempt_at) AS oldest FROM (
       SELECT d.next_attempt_at FROM webhook_endpoints AS e JOIN webhook_deliveries AS d ON d.endpoint_id = e.id
       WHERE e.disabled_at IS NULL AND d.status = 'PENDING' AND d.next_attempt_at <= $1 LIMIT 100000) AS d`,
    [now],
  );
  return rows[0] ?? { due: 0, oldest: null };
}

/** Removes old events with their deliveries, except those that another process is removing. @returns the number of removed events */
export async function pruneEvents(pool: Pool, before: Date, limit: number): Promise<number> {
  const { rows } = await pool.query<{ removed: number }>(
    `WITH old AS (SELECT position FROM webhook_events WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED),
       deliveries AS (DELETE FROM webhook_deliveries AS d USING old WHERE d.position = old.position),
       events AS (DELETE FROM webhook_events AS e USING old WHERE e.position = old.position RETURNING 1)
     SELECT count(*)::int AS removed FROM events`,
    [before, limit],
  );
  return rows[0]?.removed ?? 0;
}

/**
 * Removes deliveries of deleted endpoints. Each step of the recursion finds the next endpoint in the index, so that the search does not read
 * all deliveries.
 *
 * @returns the number of removed deliveries
 */
export async function pruneOrphans(pool: Pool, limit: number): Promise<number> {
  const result = await pool.query(
    `WITH RECURSIVE known(id) AS (
       (SELECT endpoint_id FROM webhook_deliveries ORDER BY endpoint_id LIMIT 1)
       UNION ALL
       SELECT (SELECT endpoint_id FROM webhook_deliveries WHERE endpoint_id > known.id ORDER BY endpoint_id LIMIT 1)
       FROM known WHERE known.id IS NOT NULL)
     DELETE FROM webhook_deliveries WHERE id IN (
       SELECT d.id FROM known JOIN webhook_deliveries AS d ON d.endpoint_id = known.id
       WHERE NOT EXISTS (SELECT FROM webhook_endpoints AS e WHERE e.id = known.id) LIMIT $1)`,
    [limit],
  );
  return result.rowCount ?? 0;
}

import type { Pool } from '../platform/database/pool.js';
import { WEBHOOK_LIMITS } from '../platform/limits.js';

/** An enabled endpoint with deliveries that are due. */
export interface DueEndpoint {
  id: string;
  url: string;
  sealedSecret: Buffer;
  previousSealedSecret: Buffer | null;
  previousSecretExpiresAt: Date | null;
}

const DUE_ENDPOINTS = {
  name: 'keyward-due-webhook-endpoints',
  text: `
    SELECT id, url, sealed_secret AS "sealedSecret", previous_sealed_secret AS "previousSealedSecret",
      previous_secret_expires_at AS "previousSecretExpiresAt"
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
 * process changed meanwhile is skipped. The end of the examined deliveries is needed only if fewer than possible were claimed.
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
      FOR UPDATE SKIP LOCKED),
    claimed AS (
      UPDATE webhook_deliveries AS d
      SET lease = gen_random_uuid(), attempts = d.attempts + 1, last_attempt_at = $2, next_attempt_at = $4
      FROM locked, webhook_events AS e WHERE d.id = locked.id AND e.position = d.position
      RETURNING d.id, d.lease, d.attempts, e.id AS "eventId", e.type, e.at, e.data)
    SELECT CASE WHEN (SELECT count(*) FROM claimed) < $3 THEN (
        SELECT json_build_object('at', next_attempt_at, 'position', position::text)
        FROM due ORDER BY next_attempt_at, position OFFSET ${WEBHOOK_LIMITS.examinedAtOnce - 1} LIMIT 1) END AS "endOfExamined",
      claimed.*
    FROM (VALUES (1)) AS one LEFT JOIN claimed ON true`,
};

type ClaimRow = { endOfExamined: { at: string; position: string } | null } & (ClaimedDelivery | { id: null });

/**
 * Claims deliveries of one endpoint.
 *
 * @param after examines only those after this position
 * @param until end of the lease
 * @returns `end`: the position at which it stopped to examine deliveries, of which fewer than `limit` were free; null if there are no more
 */
export async function claimDeliveries(
  pool: Pool,
  endpointId: string,
  { now, limit, until, after }: { now: Date; limit: number; until: Date; after: DuePosition },
): Promise<{ claimed: ClaimedDelivery[]; end: DuePosition | null }> {
  const values = [endpointId, now, limit, until, after.at, after.position];
  const { rows } = await pool.query<ClaimRow>({ ...CLAIM, values });
  const end = rows[0]?.endOfExamined;
  return {
    claimed: rows.flatMap((row) => (row.id === null ? [] : [row])),
    end: end ? { at: new Date(end.at), position: end.position } : null,
  };
}

/** Status by which a receiver asks for no further events. */
export const GONE = 410;

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

/** What the last attempts of an endpoint showed. */
export interface EndpointOutcome {
  endpointId: string;
  /** Whether an attempt succeeded. */
  succeeded: boolean;
  /** Time of the first failure after the last success. Null if the last attempt succeeded. */
  failedAt: Date | null;
}

/** The rows are locked in the order of their IDs, so that two processes cannot wait for each other. Most outcomes change no row. */
const NOTE_OUTCOMES = {
  name: 'keyward-note-webhook-outcomes',
  text: `
    WITH outcome AS (
      SELECT * FROM json_to_recordset($1::json) AS o("endpointId" uuid, succeeded boolean, "failedAt" timestamptz)),
    changing AS (
      SELECT e.id, o.succeeded, o."failedAt" FROM outcome AS o JOIN webhook_endpoints AS e ON e.id = o."endpointId"
      WHERE (o.succeeded AND o."failedAt" IS NOT NULL) OR (e.failing_since IS NULL) = (o."failedAt" IS NOT NULL)
      ORDER BY e.id FOR NO KEY UPDATE OF e),
    changed AS (
      UPDATE webhook_endpoints AS e
      SET failing_since = CASE WHEN c.succeeded THEN c."failedAt" ELSE coalesce(e.failing_since, c."failedAt") END
      FROM changing AS c WHERE e.id = c.id)
    SELECT e.id FROM outcome AS o JOIN webhook_endpoints AS e ON e.id = o."endpointId"
    WHERE NOT o.succeeded AND e.failing_since <= $2 AND e.disabled_at IS NULL`,
};

/**
 * Stores since when all attempts of endpoints fail. It compares with the stored time, which another process may have changed since the
 * endpoint was read.
 *
 * @param before time before which an endpoint must have begun to fail to be returned
 * @returns the IDs of the enabled endpoints of which all attempts have failed since then
 */
export async function noteOutcomes(pool: Pool, outcomes: readonly EndpointOutcome[], before: Date): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({ ...NOTE_OUTCOMES, values: [JSON.stringify(outcomes), before] });
  return rows.map(({ id }) => id);
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

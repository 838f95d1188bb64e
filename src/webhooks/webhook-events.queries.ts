import type { Transaction } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import { PREPARED } from '../platform/database/prepared-statement.js';
import type { EventToWrite } from './audited-events.js';

/** RFC 3339 in UTC with milliseconds, as everywhere in the API. */
const timeText = (column: Prisma.Sql) => Prisma.sql`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const USER = Prisma.sql`jsonb_build_object('id', u.id, 'externalId', u.external_id, 'trustedMetadata', u.trusted_metadata,
  'createdAt', ${timeText(Prisma.sql`u.created_at`)}, 'disabledAt', ${timeText(Prisma.sql`u.disabled_at`)})`;

/** Named columns only, so that no hash can be among them. */
const API_KEY = Prisma.sql`jsonb_build_object('id', k.id, 'keyPrefix', k.key_prefix, 'name', k.name, 'scopes', k.scopes,
  'allowedCidrs', k.allowed_cidrs,
  'rateLimit', CASE WHEN k.rate_limit IS NOT NULL
    THEN jsonb_build_object('limit', k.rate_limit, 'windowSeconds', k.rate_limit_window_seconds) END,
  'metadata', k.metadata, 'trustedMetadata', k.trusted_metadata, 'enabled', k.enabled, 'createdBy', k.created_by,
  'createdAt', ${timeText(Prisma.sql`k.created_at`)}, 'expiresAt', ${timeText(Prisma.sql`k.expires_at`)},
  'revokedAt', ${timeText(Prisma.sql`k.revoked_at`)}, 'revokedReason', k.revoked_reason,
  'rotatedFromId', k.rotated_from_id, 'replacedById', k.replaced_by_id)`;

const DELIVERIES_OF_EVENTS = Prisma.sql`
  INSERT INTO webhook_deliveries (endpoint_id, position, event_id, event_type, subject_id, created_at, next_attempt_at)
  SELECT p.id, e.position, e.id, e.type, e.subject_id, e.at, e.at FROM event AS e
  JOIN webhook_endpoints AS p ON p.disabled_at IS NULL AND (cardinality(p.event_types) = 0 OR e.type = ANY(p.event_types))`;

/** A change writes one or two events. The many of an import take a plan for the present size of the tables, which grow meanwhile. */
const PREPARED_EVENTS_MAX = 10;

/**
 * Inserts events about users and their keys, in the given order, and their deliveries, in one statement. The data is read from the rows
 * of the same transaction. Nothing is written if there is no endpoint.
 */
export async function insertEvents(
  transaction: Transaction,
  events: readonly EventToWrite[],
  { actor, at }: { actor: string; at: Date },
): Promise<void> {
  await transaction.$executeRaw`${events.length <= PREPARED_EVENTS_MAX ? PREPARED : Prisma.empty}
    WITH event AS (
      INSERT INTO webhook_events (id, type, at, subject_id, data)
      SELECT gen_random_uuid(), e.type, ${at}::timestamptz, coalesce(e."apiKeyId", e."userId"),
        jsonb_build_object('actor', ${actor}::text) || e.extra
          || CASE WHEN k.id IS NULL THEN jsonb_build_object('user', ${USER}) ELSE
            jsonb_build_object('owner', jsonb_build_object('id', u.id, 'externalId', u.external_id), 'apiKey', ${API_KEY}) END
      FROM ROWS FROM (json_to_recordset(${JSON.stringify(events)}::json)
        AS (type text, "userId" uuid, "apiKeyId" uuid, extra jsonb)) WITH ORDINALITY AS e(type, "userId", "apiKeyId", extra, number)
      JOIN users AS u ON u.id = e."userId" LEFT JOIN api_keys AS k ON k.id = e."apiKeyId"
      WHERE EXISTS (SELECT FROM webhook_endpoints)
      ORDER BY e.number
      RETURNING position, id, type, at, subject_id)
    ${DELIVERIES_OF_EVENTS}`;
}

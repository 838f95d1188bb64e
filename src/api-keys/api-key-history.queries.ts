import type { Database } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import type { Position } from '../platform/pagination.js';
import { effectiveExpirySql, JOIN_POLICY } from '../policies/policy-sql.js';

/**
 * Finds the keys with the status REVOKED or EXPIRED. It is SQL because Prisma cannot sort by an expression. A key that expired
 * and was revoked later ended at its expiry.
 *
 * @returns the positions of the keys in the list; the key that ended most recently is first
 */
export function findEndedKeys(
  database: Database,
  options: { userId: string; now: Date; after: Position | null; limit: number },
): Promise<Position[]> {
  const { userId, now, after, limit } = options;
  const behind = after ? Prisma.sql`AND (least(revoked_at, expiry), id) < (${after.at}::timestamptz, ${after.id}::uuid)` : Prisma.empty;
  return database.$queryRaw<Position[]>`
    SELECT id, least(revoked_at, expiry) AS at FROM (
      SELECT k.id, k.revoked_at, ${Prisma.raw(effectiveExpirySql('k'))} AS expiry
      FROM api_keys k JOIN users u ON u.id = k.user_id ${Prisma.raw(JOIN_POLICY)} WHERE k.user_id = ${userId}::uuid) AS key
    WHERE (revoked_at IS NOT NULL OR expiry <= ${now}) ${behind}
    ORDER BY least(revoked_at, expiry) DESC, id DESC
    LIMIT ${limit}`;
}

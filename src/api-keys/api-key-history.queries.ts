import type { Database } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import type { Position } from '../platform/pagination.js';

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
  const behind = after ? Prisma.sql`AND (least(revoked_at, expires_at), id) < (${after.at}::timestamptz, ${after.id}::uuid)` : Prisma.empty;
  return database.$queryRaw<Position[]>`
    SELECT id, least(revoked_at, expires_at) AS at FROM api_keys
    WHERE user_id = ${userId}::uuid AND (revoked_at IS NOT NULL OR expires_at <= ${now}) ${behind}
    ORDER BY least(revoked_at, expires_at) DESC, id DESC
    LIMIT ${limit}`;
}

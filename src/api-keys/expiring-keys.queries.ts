import type { Database } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import type { Position } from '../platform/pagination.js';
import { effectiveExpirySql, JOIN_POLICY } from '../policies/policy-sql.js';

/**
 * Finds the usable keys that expire in a period, by the policies of their owners. The key that expires first is first.
 *
 * @param after position of the last key of the previous page; null for the first page
 * @returns the positions of the keys; `at` is the effective expiry
 */
export function findExpiringKeys(
  database: Database,
  { now, until, after, limit }: { now: Date; until: Date; after: Position | null; limit: number },
): Promise<Position[]> {
  const behind = after ? Prisma.sql`AND (at, id) > (${after.at}::timestamptz, ${after.id}::uuid)` : Prisma.empty;
  return database.$queryRaw<Position[]>`
    SELECT id, at FROM (
      SELECT k.id, ${Prisma.raw(effectiveExpirySql('k'))} AS at
      FROM api_keys k JOIN users u ON u.id = k.user_id ${Prisma.raw(JOIN_POLICY)} WHERE k.revoked_at IS NULL) AS expiring
    WHERE at > ${now}::timestamptz AND at <= ${until}::timestamptz ${behind}
    ORDER BY at, id LIMIT ${limit}`;
}

import type { Database } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import type { Position } from '../platform/pagination.js';
import { effectiveExpirySql, JOIN_POLICY } from '../policies/policy-sql.js';
import { expiryCandidatesSql } from './expiry-candidates.js';

/** Keys that one statement examines. Some of them expire at another time, by the policy of their owner. */
const EXAMINED_AT_ONCE = 500;

/**
 * Finds the usable keys that expire in a period, by the policies of their owners. The key that expires first is first. Each statement reads
 * ranges of indexes, from the last examined position.
 *
 * @param after position of the last key of the previous page; null for the first page
 * @returns the positions of the keys; `at` is the effective expiry
 */
export async function findExpiringKeys(
  database: Database,
  { now, until, after, limit }: { now: Date; until: Date; after: Position | null; limit: number },
): Promise<Position[]> {
  const found: Position[] = [];
  // Keys that expired since the previous page are not usable.
  for (let examined = after && after.at > now ? after : null; ; ) {
    const rows: (Position & { isExpiry: boolean })[] = await database.$queryRaw`
      SELECT e.id, e.at, coalesce(k.revoked_at IS NULL AND e.at = ${Prisma.raw(effectiveExpirySql('k'))}, false) AS "isExpiry"
      FROM (${expiryCandidatesSql({ from: now, to: until }, examined, EXAMINED_AT_ONCE)}) AS e
      JOIN api_keys k ON k.id = e.id JOIN users u ON u.id = k.user_id ${Prisma.raw(JOIN_POLICY)}
      ORDER BY e.at, e.id`;
    for (const { id, at, isExpiry } of rows) if (isExpiry) found.push({ id, at });
    examined = rows.at(-1) ?? null;
    if (rows.length < EXAMINED_AT_ONCE || found.length >= limit) return found.slice(0, limit);
  }
}

import type { Transaction } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import { effectiveExpirySql, JOIN_POLICY } from '../policies/policy-sql.js';

const usable = (key: 'k' | 's', now: Date): Prisma.Sql =>
  Prisma.sql`${Prisma.raw(`${key}.revoked_at IS NULL AND coalesce(${effectiveExpirySql(key)}`)} > ${now}::timestamptz, true)`;

/**
 * Counts the usable keys of users by the policy that applies to each of them.
 *
 * @param options.isPairOne whether a key in its grace period and its usable successor count as one, as against the limit
 * @returns the numbers by user. Users without such keys are absent
 */
export async function countUsableKeys(
  database: Transaction,
  userIds: readonly string[],
  { now, isPairOne }: { now: Date; isPairOne: boolean },
): Promise<Map<string, number>> {
  if (userIds.length === 0) return new Map();
  const notReplaced = isPairOne
    ? Prisma.sql`AND NOT EXISTS (SELECT FROM api_keys s WHERE s.id = k.replaced_by_id AND ${usable('s', now)})`
    : Prisma.empty;
  const rows = await database.$queryRaw<{ userId: string; count: number }[]>`
    SELECT k.user_id AS "userId", count(*)::int AS count
    FROM api_keys k JOIN users u ON u.id = k.user_id ${Prisma.raw(JOIN_POLICY)}
    WHERE k.user_id = ANY(${[...userIds]}::uuid[]) AND ${usable('k', now)} ${notReplaced}
    GROUP BY k.user_id`;
  return new Map(rows.map(({ userId, count }) => [userId, count]));
}

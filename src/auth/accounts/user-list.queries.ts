import type { Database } from '../../platform/database/client.js';
import { Prisma } from '../../platform/database/generated/client.js';
import { LIST_LIMITS } from '../../platform/limits.js';
import type { Position } from '../../platform/pagination.js';

/** A part of the list of all users. */
export interface UserSearch {
  externalIds: readonly string[] | null;
  /** Beginnings of an email address and of an external id, of which one must match. */
  prefixes: { email: string; externalId: string } | null;
  /** The users' own policy. Null: any, or none. */
  policyId: string | null;
  isDisabled: boolean | null;
  after: Position | null;
}

const NEWEST_FIRST = Prisma.sql`ORDER BY created_at DESC, id DESC`;

/** The highest code point, which sorts after every continuation of a prefix. */
const LAST = '\u{10FFFF}';

/** The operators compare by code points in every collation, so that an index can answer them. */
const beginsWith = (column: Prisma.Sql, prefix: string) => Prisma.sql`(${column} ~>=~ ${prefix} AND ${column} ~<~ ${prefix + LAST})`;

const matchingIds = ({ email, externalId }: { email: string; externalId: string }) => Prisma.sql`
  SELECT id FROM users WHERE ${beginsWith(Prisma.sql`email`, email)}
  UNION SELECT id FROM users WHERE ${beginsWith(Prisma.sql`external_id`, externalId)}`;

const isDisabledSql = (isDisabled: boolean | null) =>
  isDisabled === null ? Prisma.sql`true` : isDisabled ? Prisma.sql`disabled_at IS NOT NULL` : Prisma.sql`disabled_at IS NULL`;

const olderThan = (after: Position | null) =>
  after ? Prisma.sql`(created_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)` : Prisma.sql`true`;

/** An index of each policy has its users in the order of the list. */
const hasPolicy = (policyId: string | null) => (policyId === null ? Prisma.sql`true` : Prisma.sql`policy_id = ${policyId}::uuid`);

/** Returns whether a page can examine all users that the indexes find with the prefixes. */
export async function isNarrow(database: Database, prefixes: { email: string; externalId: string }): Promise<boolean> {
  const max = LIST_LIMITS.examinedRowsMax;
  const [row] = await database.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      (SELECT 1 FROM users WHERE ${beginsWith(Prisma.sql`email`, prefixes.email)} LIMIT ${max})
      UNION ALL (SELECT 1 FROM users WHERE ${beginsWith(Prisma.sql`external_id`, prefixes.externalId)} LIMIT ${max})) AS found`;
  return (row?.count ?? 0) < max;
}

/**
 * Finds users by external ids or prefixes, which few users have. Indexes find them, and they are sorted: OFFSET 0 keeps the planner
 * from reading the whole list in its order instead.
 */
export function findFewUsers(
  database: Database,
  { externalIds, prefixes, policyId, isDisabled, after }: UserSearch,
  limit: number,
): Promise<Position[]> {
  const named = externalIds === null ? Prisma.sql`true` : Prisma.sql`external_id = ANY(${[...externalIds]}::text[])`;
  const searched = prefixes === null ? Prisma.sql`true` : Prisma.sql`id IN (${matchingIds(prefixes)})`;
  return database.$queryRaw<Position[]>`
    SELECT id, created_at AS at FROM (
      SELECT id, created_at FROM users
      WHERE ${named} AND ${searched} AND ${hasPolicy(policyId)} AND ${isDisabledSql(isDisabled)} AND ${olderThan(after)} OFFSET 0
    ) AS found
    ${NEWEST_FIRST} LIMIT ${limit}`;
}

/** Finds users, newest first, among the first LIST_LIMITS.examinedRowsMax of the list, or of the users of the policy. */
export function findUsers(database: Database, { prefixes, policyId, isDisabled, after }: UserSearch, limit: number): Promise<Position[]> {
  const searched =
    prefixes === null
      ? Prisma.sql`true`
      : Prisma.sql`(${beginsWith(Prisma.sql`email`, prefixes.email)} OR ${beginsWith(Prisma.sql`external_id`, prefixes.externalId)})`;
  return database.$queryRaw<Position[]>`
    SELECT id, created_at AS at FROM (
      SELECT id, created_at, email, external_id, disabled_at FROM users WHERE ${hasPolicy(policyId)} AND ${olderThan(after)}
      ${NEWEST_FIRST} LIMIT ${LIST_LIMITS.examinedRowsMax}) AS examined
    WHERE ${searched} AND ${isDisabledSql(isDisabled)}
    ${NEWEST_FIRST} LIMIT ${limit}`;
}

/** Returns the position of the last user that findUsers examines. Null if it examines all users. */
export async function findEndOfUsers(
  database: Database,
  { policyId, after }: Pick<UserSearch, 'policyId' | 'after'>,
): Promise<Position | null> {
  const rows = await database.$queryRaw<Position[]>`
    SELECT id, created_at AS at FROM users WHERE ${hasPolicy(policyId)} AND ${olderThan(after)}
    ${NEWEST_FIRST} OFFSET ${LIST_LIMITS.examinedRowsMax - 1} LIMIT 1`;
  return rows[0] ?? null;
}

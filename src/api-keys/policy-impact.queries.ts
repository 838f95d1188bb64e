import type { Database } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import type { Position } from '../platform/pagination.js';

/** A part of the usable keys of the users of a policy, and the change of their lifetime. */
export interface ImpactSearch {
  /** Null for users without a policy of their own. */
  policyId: string | null;
  /** Positions of users, newest first: `after` is exclusive, `until` inclusive. Null: from the first, to the last. */
  after: Position | null;
  until: Position | null;
  now: Date;
  /** Maximum lifetime before and after the change. Null if there is no maximum. */
  daysBefore: number | null;
  daysAfter: number | null;
  /** Which lists of the keys the change can narrow. The keys are counted by these alone. */
  by: { scopes: boolean; allowedCidrs: boolean };
}

/** Keys with the same lists. A list that the change cannot narrow is empty. */
export interface KeyGroup {
  scopes: string[];
  allowedCidrs: string[];
  keys: number;
  /** Those of the keys that expire earlier after the change. */
  shortened: number;
}

const hasPolicy = (policyId: string | null) =>
  policyId === null ? Prisma.sql`u.policy_id IS NULL` : Prisma.sql`u.policy_id = ${policyId}::uuid`;

const olderThan = (after: Position | null) =>
  after ? Prisma.sql`AND (u.created_at, u.id) < (${after.at}::timestamptz, ${after.id}::uuid)` : Prisma.empty;

const notOlderThan = (until: Position | null) =>
  until ? Prisma.sql`AND (u.created_at, u.id) >= (${until.at}::timestamptz, ${until.id}::uuid)` : Prisma.empty;

const expiry = (days: number | null) =>
  Prisma.sql`coalesce(effective_expiry(k.expires_at, coalesce(k.imported_at, k.created_at), ${days}::integer), 'infinity')`;

const isShortened = ({ daysBefore, daysAfter }: ImpactSearch) =>
  daysBefore === daysAfter ? Prisma.sql`false` : Prisma.sql`${expiry(daysAfter)} < ${expiry(daysBefore)}`;

/** With OFFSET 0, the planner finds the keys of each user by an index, so that the time of a part depends on its users alone. */
const usableKeys = (search: ImpactSearch) => Prisma.sql`
  FROM users u CROSS JOIN LATERAL (
    SELECT id, scopes, allowed_cidrs, created_at, imported_at, expires_at FROM api_keys
    WHERE user_id = u.id AND revoked_at IS NULL OFFSET 0) AS k
  WHERE ${hasPolicy(search.policyId)} ${olderThan(search.after)} ${notOlderThan(search.until)}
    AND ${expiry(search.daysBefore)} > ${search.now}::timestamptz`;

/** Returns the position of the last of the next `count` users of a policy. Null if there are fewer. */
export async function findEndOfUsers(
  database: Database,
  { policyId, after }: Pick<ImpactSearch, 'policyId' | 'after'>,
  count: number,
): Promise<Position | null> {
  const rows = await database.$queryRaw<Position[]>`
    SELECT u.id, u.created_at AS at FROM users u WHERE ${hasPolicy(policyId)} ${olderThan(after)}
    ORDER BY u.created_at DESC, u.id DESC OFFSET ${count - 1} LIMIT 1`;
  return rows[0] ?? null;
}

/** Counts the keys of a part, by their lists. */
export function countKeyGroups(database: Database, search: ImpactSearch): Promise<KeyGroup[]> {
  const scopes = search.by.scopes ? Prisma.sql`k.scopes` : Prisma.sql`'{}'::text[]`;
  const cidrs = search.by.allowedCidrs ? Prisma.sql`k.allowed_cidrs` : Prisma.sql`'{}'::text[]`;
  return database.$queryRaw<KeyGroup[]>`
    SELECT ${scopes} AS scopes, ${cidrs} AS "allowedCidrs", count(*)::int AS keys,
      (count(*) FILTER (WHERE ${isShortened(search)}))::int AS shortened
    ${usableKeys(search)} GROUP BY 1, 2`;
}

/** Finds ids of keys of a part that expire earlier after the change, or that have the lists of one of the groups. */
export async function findAffectedKeys(
  database: Database,
  search: ImpactSearch,
  { groups, limit }: { groups: readonly KeyGroup[]; limit: number },
): Promise<string[]> {
  const isIn = ({ scopes, allowedCidrs }: KeyGroup) =>
    Prisma.sql`(${search.by.scopes ? Prisma.sql`k.scopes = ${scopes}::text[]` : Prisma.sql`true`}
      AND ${search.by.allowedCidrs ? Prisma.sql`k.allowed_cidrs = ${allowedCidrs}::text[]` : Prisma.sql`true`})`;
  const isAffected = Prisma.join([isShortened(search), ...groups.map(isIn)], ' OR ');
  const rows = await database.$queryRaw<{ id: string }[]>`SELECT k.id ${usableKeys(search)} AND (${isAffected}) LIMIT ${limit}`;
  return rows.map(({ id }) => id);
}

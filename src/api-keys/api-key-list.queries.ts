import type { Database } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import { LIST_LIMITS } from '../platform/limits.js';
import type { Position } from '../platform/pagination.js';
import { effectiveExpirySql, JOIN_POLICY } from '../policies/policy-sql.js';
import { unusedSince } from '../usage/unused-keys.js';
import { ApiKeyStatus } from './api-key-status.js';

/** A part of the keys of all users. Null matches every key. No list is empty. */
export interface KeySearch {
  ownerIds: readonly string[] | null;
  keyPrefixes: readonly string[] | null;
  ids: readonly string[] | null;
  /** The owners' own policy. */
  policyId: string | null;
  statuses: readonly ApiKeyStatus[] | null;
  /** Scopes and patterns of which one must be granted. */
  anyScope: readonly string[] | null;
  /** Exclusive, as the next two. */
  createdBefore: Date | null;
  createdAfter: Date | null;
  expiresBefore: Date | null;
  unusedSince: Date | null;
  /** Time for which the status is computed. */
  now: Date;
  after: Position | null;
}

/** A key in the list, and its owner. */
export interface KeyPosition extends Position {
  userId: string;
}

const NEWEST_FIRST = Prisma.sql`ORDER BY created_at DESC, id DESC`;
const TRUE = Prisma.sql`true`;

const whereOf = (conditions: readonly (Prisma.Sql | null)[]): Prisma.Sql =>
  Prisma.join([TRUE, ...conditions.filter((condition) => condition !== null)], ' AND ');

/** Returns the status of a key in SQL, like statusOf. A test compares the two. */
const statusSql = (now: Date) => Prisma.sql`CASE
  WHEN revoked_at IS NOT NULL THEN ${ApiKeyStatus.REVOKED} WHEN effective_expires_at <= ${now}::timestamptz THEN ${ApiKeyStatus.EXPIRED}
  WHEN NOT enabled THEN ${ApiKeyStatus.DISABLED} WHEN replaced_by_id IS NOT NULL THEN ${ApiKeyStatus.ROTATING}
  ELSE ${ApiKeyStatus.ACTIVE} END`;

/** Conditions that the indexes of the list answer. */
const rangeOf = ({ createdBefore, createdAfter, unusedSince: unused, after }: KeySearch) =>
  whereOf([
    after && Prisma.sql`(created_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)`,
    createdBefore && Prisma.sql`created_at < ${createdBefore}::timestamptz`,
    unused && Prisma.sql`created_at < ${unused}::timestamptz`,
    createdAfter && Prisma.sql`created_at > ${createdAfter}::timestamptz`,
  ]);

/** Conditions that are checked for each examined key. */
const filterOf = ({ policyId, statuses, anyScope, expiresBefore, unusedSince: unused, now }: KeySearch) =>
  whereOf([
    policyId === null ? null : Prisma.sql`owner_policy_id = ${policyId}::uuid`,
    statuses && Prisma.sql`${statusSql(now)} = ANY(${[...statuses]}::text[])`,
    anyScope && Prisma.sql`scopes && ${[...anyScope]}::text[]`,
    expiresBefore && Prisma.sql`effective_expires_at < ${expiresBefore}::timestamptz`,
    unused && unusedSince(Prisma.sql`examined.id`, unused),
  ]);

const isNamed = ({ keyPrefixes, ids }: KeySearch): boolean => keyPrefixes !== null || ids !== null;

/** Examined keys of each owner, so that a page examines at most LIST_LIMITS.examinedRowsMax. */
const examinedOf = (ownerIds: readonly string[]): number => Math.floor(LIST_LIMITS.examinedRowsMax / ownerIds.length);

const COLUMNS = Prisma.sql`id, user_id, created_at, imported_at, revoked_at, expires_at, enabled, replaced_by_id, scopes`;

/**
 * Returns the keys that a page examines: those that the filter names, the newest of each owner, or the newest of all. OFFSET 0 keeps
 * the planner from reading the whole list in its order instead of the few named keys.
 */
function examinedBy(search: KeySearch): Prisma.Sql {
  const { ownerIds, keyPrefixes, ids } = search;
  if (isNamed(search)) {
    const named = whereOf([
      keyPrefixes && Prisma.sql`key_prefix = ANY(${[...keyPrefixes]}::text[])`,
      ids && Prisma.sql`id = ANY(${[...ids]}::uuid[])`,
      ownerIds && Prisma.sql`user_id = ANY(${[...ownerIds]}::uuid[])`,
    ]);
    return Prisma.sql`SELECT ${COLUMNS} FROM api_keys WHERE ${named} AND ${rangeOf(search)} OFFSET 0`;
  }
  if (ownerIds === null) {
    return Prisma.sql`SELECT ${COLUMNS} FROM api_keys WHERE ${rangeOf(search)} ${NEWEST_FIRST} LIMIT ${LIST_LIMITS.examinedRowsMax}`;
  }
  return Prisma.sql`
    SELECT key.* FROM unnest(${[...ownerIds]}::uuid[]) AS owner(owner_id) CROSS JOIN LATERAL (
      SELECT ${COLUMNS} FROM api_keys WHERE user_id = owner.owner_id AND ${rangeOf(search)}
      ${NEWEST_FIRST} LIMIT ${examinedOf(ownerIds)}) AS key`;
}

/** Returns the keys that a page examines, with what depends on the policies of their owners, if the filter needs it. */
function examinedWithPolicy(search: KeySearch): Prisma.Sql {
  const examined = examinedBy(search);
  if (search.statuses === null && search.expiresBefore === null && search.policyId === null) return examined;
  return Prisma.sql`
    SELECT k.*, u.policy_id AS owner_policy_id, ${Prisma.raw(effectiveExpirySql('k'))} AS effective_expires_at
    FROM (${examined}) AS k JOIN users u ON u.id = k.user_id ${Prisma.raw(JOIN_POLICY)}`;
}

/** Finds keys, newest first, among those that a page examines. */
export function findKeys(database: Database, search: KeySearch, limit: number): Promise<KeyPosition[]> {
  return database.$queryRaw<KeyPosition[]>`
    SELECT id, created_at AS at, user_id AS "userId" FROM (${examinedWithPolicy(search)}) AS examined WHERE ${filterOf(search)}
    ${NEWEST_FIRST} LIMIT ${limit}`;
}

/** Counts the keys from a position on among those that a page examines. @param end null: to the end of the list */
export async function countKeys(database: Database, search: KeySearch, end: Position | null): Promise<number> {
  const inside = end ? Prisma.sql`(created_at, id) >= (${end.at}::timestamptz, ${end.id}::uuid)` : TRUE;
  const [row] = await database.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (${examinedWithPolicy(search)}) AS examined WHERE ${inside} AND ${filterOf(search)}`;
  return row?.count ?? 0;
}

/**
 * Returns the position up to which a page examines all keys. Null if it examines the whole list. With several owners, that is the
 * position at which the first of them has more keys than a page examines.
 */
export async function findEndOfKeys(database: Database, search: KeySearch): Promise<Position | null> {
  const { ownerIds } = search;
  if (isNamed(search)) return null;
  const rows =
    ownerIds === null
      ? await database.$queryRaw<Position[]>`
          SELECT id, created_at AS at FROM api_keys WHERE ${rangeOf(search)}
          ${NEWEST_FIRST} OFFSET ${LIST_LIMITS.examinedRowsMax - 1} LIMIT 1`
      : await database.$queryRaw<Position[]>`
          SELECT key.id, key.created_at AS at FROM unnest(${[...ownerIds]}::uuid[]) AS owner(owner_id) CROSS JOIN LATERAL (
            SELECT id, created_at FROM api_keys WHERE user_id = owner.owner_id AND ${rangeOf(search)}
            ${NEWEST_FIRST} OFFSET ${examinedOf(ownerIds) - 1} LIMIT 1) AS key
          ORDER BY key.created_at DESC, key.id DESC LIMIT 1`;
  return rows[0] ?? null;
}

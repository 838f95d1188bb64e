import { Prisma } from '../platform/database/generated/client.js';
import type { Position } from '../platform/pagination.js';
import { POLICY_LIFETIMES } from '../policies/policy-sql.js';

/** Keys with an effective expiry after `from`, until `to` inclusive. */
export interface ExpiryWindow {
  from: Date;
  to: Date;
}

/** Limits one source to the rows of the window behind the last page. A row constructor is an index condition. */
const inWindow = (time: Prisma.Sql, { from, to }: ExpiryWindow, after: Position | null, days: Prisma.Sql): Prisma.Sql => {
  const behind = after
    ? Prisma.sql`(${time}, k.id) > (${after.at}::timestamptz - ${days}, ${after.id}::uuid)`
    : Prisma.sql`${time} > ${from}::timestamptz - ${days}`;
  return Prisma.sql`${behind} AND ${time} <= ${to}::timestamptz - ${days}`;
};

const NONE = Prisma.sql`interval '0'`;
const LIFETIME = Prisma.sql`l.days * interval '24 hours'`;
const LIFETIMES = Prisma.raw(`(${POLICY_LIFETIMES}) l`);

/**
 * Returns SQL for at most `limit` times at which keys can expire in a window, the earliest first: by their own expiry, and by each
 * lifetime that a policy permits, from the creation or the import. Each source is a range of an index. A row is the effective expiry of its
 * key only if the key has that expiry by the policy of its owner, which the caller compares.
 *
 * @param after last row of the previous page; null for the first page
 */
export const expiryCandidatesSql = (window: ExpiryWindow, after: Position | null, limit: number): Prisma.Sql => Prisma.sql`
  (SELECT k.id, k.expires_at AS at FROM api_keys k
    WHERE k.expires_at IS NOT NULL AND k.revoked_at IS NULL AND ${inWindow(Prisma.sql`k.expires_at`, window, after, NONE)}
    ORDER BY k.expires_at, k.id LIMIT ${limit})
  UNION (SELECT s.id, s.at FROM ${LIFETIMES} CROSS JOIN LATERAL (
    SELECT k.id, k.created_at + ${LIFETIME} AS at FROM api_keys k
    WHERE ${inWindow(Prisma.sql`k.created_at`, window, after, LIFETIME)}
    ORDER BY k.created_at, k.id LIMIT ${limit}) s)
  UNION (SELECT s.id, s.at FROM ${LIFETIMES} CROSS JOIN LATERAL (
    SELECT k.id, k.imported_at + ${LIFETIME} AS at FROM api_keys k
    WHERE k.imported_at IS NOT NULL AND ${inWindow(Prisma.sql`k.imported_at`, window, after, LIFETIME)}
    ORDER BY k.imported_at, k.id LIMIT ${limit}) s)
  ORDER BY at, id LIMIT ${limit}`;

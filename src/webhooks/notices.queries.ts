import type { Database, Transaction } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import type { Position } from '../platform/pagination.js';
import { effectiveExpirySql, JOIN_POLICY } from '../policies/policy-sql.js';
import { ANY_ENDPOINT } from './webhook-sql.js';

/** Effective expiry of the key `k`. */
const EXPIRY = Prisma.raw(effectiveExpirySql('k'));

/** Creation of the key `k`, or its import, or the last change of its own expiry. */
const EXPIRY_KNOWN_SINCE = Prisma.raw('greatest(coalesce(k.imported_at, k.created_at), k.expiry_set_at)');

/** Keys with an effective expiry after `from`, until `to` inclusive. */
export interface ExpiryWindow {
  from: Date;
  to: Date;
}

/** A notice before the expiry of a key, or at its expiry. */
export interface NoticeKind {
  /** Name of the marker. */
  name: string;
  /** Days before the expiry. 0 for the expiry itself. */
  days: number;
}

/**
 * Returns the time of the last run of a search, or of the creation of the oldest endpoint if that is later. Null if there is no
 * endpoint.
 *
 * @param start the time to return if the search never ran
 */
export async function findScanStart(database: Database, name: string, start: Date): Promise<Date | null> {
  const [row] = await database.$queryRaw<{ until: Date | null }[]>`
    SELECT greatest(coalesce((SELECT until FROM webhook_scans WHERE name = ${name}), ${start}::timestamptz), min(created_at)) AS until
    FROM webhook_endpoints HAVING count(*) > 0`;
  return row?.until ?? null;
}

/** Stores the time up to which a search is complete. It never goes back, because processes search at the same time. */
export async function saveScan(database: Database, name: string, until: Date): Promise<void> {
  await database.$executeRaw`
    INSERT INTO webhook_scans AS s (name, until) VALUES (${name}, ${until}::timestamptz)
    ON CONFLICT (name) DO UPDATE SET until = excluded.until WHERE s.until < excluded.until`;
}

/** Limits one source of a page to the rows of the window behind the last page. A row constructor is an index condition. */
const inWindow = (time: Prisma.Sql, { from, to }: ExpiryWindow, after: Position | null, days: Prisma.Sql): Prisma.Sql => {
  const behind = after
    ? Prisma.sql`(${time}, k.id) > (${after.at}::timestamptz - ${days}, ${after.id}::uuid)`
    : Prisma.sql`${time} > ${from}::timestamptz - ${days}`;
  return Prisma.sql`${behind} AND ${time} <= ${to}::timestamptz - ${days}`;
};

/**
 * Examines at most `limit` keys that can expire in a window, the earliest expiry first: by their own expiry, and by each lifetime that a
 * policy permits, from the creation or the import. Each source is a range of an index.
 *
 * @returns the last examined position, and the keys that need a notice; null if there are no more keys
 */
export async function findNoticePage(
  database: Database,
  { kind, window, after, limit }: { kind: NoticeKind; window: ExpiryWindow; after: Position | null; limit: number },
): Promise<{ last: Position; examined: number; due: { keyId: string; userId: string; expiry: Date }[] } | null> {
  const none = Prisma.sql`interval '0'`;
  const lifetime = Prisma.sql`l.days * interval '24 hours'`;
  const rows = await database.$queryRaw<{ id: string; at: Date; userId: string; isDue: boolean }[]>`
    WITH lifetimes AS (SELECT DISTINCT key_lifetime_days_max AS days FROM policies WHERE key_lifetime_days_max IS NOT NULL),
    examined AS (
      (SELECT k.id, k.expires_at AS at FROM api_keys k
        WHERE k.expires_at IS NOT NULL AND k.revoked_at IS NULL AND ${inWindow(Prisma.sql`k.expires_at`, window, after, none)}
        ORDER BY k.expires_at, k.id LIMIT ${limit})
      UNION (SELECT s.id, s.at FROM lifetimes l CROSS JOIN LATERAL (
        SELECT k.id, k.created_at + ${lifetime} AS at FROM api_keys k
        WHERE ${inWindow(Prisma.sql`k.created_at`, window, after, lifetime)}
        ORDER BY k.created_at, k.id LIMIT ${limit}) s)
      UNION (SELECT s.id, s.at FROM lifetimes l CROSS JOIN LATERAL (
        SELECT k.id, k.imported_at + ${lifetime} AS at FROM api_keys k
        WHERE k.imported_at IS NOT NULL AND ${inWindow(Prisma.sql`k.imported_at`, window, after, lifetime)}
        ORDER BY k.imported_at, k.id LIMIT ${limit}) s)
      ORDER BY at, id LIMIT ${limit})
    SELECT e.id, e.at, k.user_id AS "userId", coalesce(e.at = ${EXPIRY} AND ${isNoticeDue(kind)}, false) AS "isDue"
    FROM examined e JOIN api_keys k ON k.id = e.id JOIN users u ON u.id = k.user_id ${Prisma.raw(JOIN_POLICY)}
    ORDER BY e.at, e.id`;
  const last = rows.at(-1);
  if (!last) return null;
  const due = rows.filter(({ isDue }) => isDue).map(({ id, userId, at }) => ({ keyId: id, userId, expiry: at }));
  return { last: { at: last.at, id: last.id }, examined: rows.length, due };
}

/**
 * Returns the condition for a notice about the key `k` with its current expiry, whatever the time is. A key that is created for exactly 7
 * days needs no notice of 7 days, but a rotation without a grace period ends a key at the time of the change.
 */
const isNoticeDue = ({ name, days }: NoticeKind): Prisma.Sql => Prisma.sql`(k.revoked_at IS NULL
  AND ${
    days > 0
      ? Prisma.sql`k.replaced_by_id IS NULL AND ${EXPIRY} - ${days}::int * interval '24 hours' > ${EXPIRY_KNOWN_SINCE}`
      : Prisma.sql`${EXPIRY} >= ${EXPIRY_KNOWN_SINCE}`
  }
  AND NOT EXISTS (SELECT FROM webhook_notices n WHERE n.key_id = k.id AND n.effective_expiry = ${EXPIRY} AND n.kind = ${name}))`;

/**
 * Locks users for a change of their keys. Users that another transaction has locked are left out, because waiting for one of them would
 * delay the changes of the others.
 */
export async function lockUsers(transaction: Transaction, userIds: readonly string[]): Promise<string[]> {
  const rows = await transaction.$queryRaw<{ id: string }[]>`
    SELECT id FROM users WHERE id = ANY(${[...userIds]}::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED`;
  return rows.map(({ id }) => id);
}

/** A notice to send. */
export interface Notice {
  keyId: string;
  userId: string;
  expiry: Date;
}

/**
 * Marks the notices about keys of locked users, by the state of the keys in this transaction. A notice is left out if it was sent, if a
 * later notice about the same expiry was sent, or if the expiry is no longer in the window.
 *
 * @param later names of the notices that come after this one
 */
export function markExpiryNotices(
  transaction: Transaction,
  keyIds: readonly string[],
  { userIds, kind, window, later }: { userIds: readonly string[]; kind: NoticeKind; window: ExpiryWindow; later: readonly string[] },
): Promise<Notice[]> {
  return transaction.$queryRaw<Notice[]>`
    WITH marked AS (
      INSERT INTO webhook_notices (key_id, kind, effective_expiry)
      SELECT k.id, ${kind.name}, ${EXPIRY} FROM api_keys k JOIN users u ON u.id = k.user_id ${Prisma.raw(JOIN_POLICY)}
      WHERE k.id = ANY(${[...keyIds]}::uuid[]) AND u.id = ANY(${[...userIds]}::uuid[]) AND ${isNoticeDue(kind)}
        AND ${EXPIRY} > ${window.from}::timestamptz AND ${EXPIRY} <= ${window.to}::timestamptz
        AND NOT EXISTS (SELECT FROM webhook_notices n
          WHERE n.key_id = k.id AND n.effective_expiry = ${EXPIRY} AND n.kind = ANY(${[...later]}::text[]))
        AND ${Prisma.raw(ANY_ENDPOINT)}
      ON CONFLICT DO NOTHING
      RETURNING key_id, effective_expiry)
    SELECT m.key_id AS "keyId", k.user_id AS "userId", m.effective_expiry AS expiry
    FROM marked m JOIN api_keys k ON k.id = m.key_id ORDER BY m.effective_expiry, m.key_id`;
}

/** Marks the first uses of keys of locked users, and returns those that were not marked before. */
export function markFirstUses(
  transaction: Transaction,
  keyIds: readonly string[],
  userIds: readonly string[],
): Promise<{ keyId: string; userId: string }[]> {
  return transaction.$queryRaw<{ keyId: string; userId: string }[]>`
    WITH marked AS (
      INSERT INTO webhook_notices (key_id, kind, effective_expiry)
      SELECT k.id, 'first_used', to_timestamp(0) FROM api_keys k
      WHERE k.id = ANY(${[...keyIds]}::uuid[]) AND k.user_id = ANY(${[...userIds]}::uuid[]) AND ${Prisma.raw(ANY_ENDPOINT)}
      ON CONFLICT DO NOTHING
      RETURNING key_id)
    SELECT m.key_id AS "keyId", k.user_id AS "userId" FROM marked m JOIN api_keys k ON k.id = m.key_id ORDER BY m.key_id`;
}

/** Returns the owners of keys. Deleted keys are absent. */
export async function findOwnersOfKeys(database: Database, keyIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await database.$queryRaw<{ keyId: string; userId: string }[]>`
    SELECT id AS "keyId", user_id AS "userId" FROM api_keys WHERE id = ANY(${[...keyIds]}::uuid[])`;
  return new Map(rows.map(({ keyId, userId }) => [keyId, userId]));
}

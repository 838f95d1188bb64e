import { type ExpiryWindow, expiryCandidatesSql } from '../api-keys/expiry-candidates.js';
import type { Database, Transaction } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import type { Position } from '../platform/pagination.js';
import { effectiveExpirySql, JOIN_POLICY } from '../policies/policy-sql.js';
import { ANY_ENDPOINT } from './webhook-sql.js';

/** Effective expiry of the key `k`. */
const EXPIRY = Prisma.raw(effectiveExpirySql('k'));

/** Creation of the key `k`, or its import, or the last change of its own expiry. */
const EXPIRY_KNOWN_SINCE = Prisma.raw('greatest(coalesce(k.imported_at, k.created_at), k.expiry_set_at)');

/** A notice before the expiry of a key, or at its expiry. */
export interface NoticeKind {
  /** Name of the marker. */
  name: string;
  /** Days before the expiry. 0 for the expiry itself. */
  days: number;
}

/**
 * Returns for each search the time of its last run, or of the creation of the oldest endpoint if that is later. Empty if there is no
 * endpoint.
 *
 * @param start the time to return if a search never ran
 */
export async function findScanStarts(database: Database, names: readonly string[], start: Date): Promise<Map<string, Date>> {
  const rows = await database.$queryRaw<{ name: string; until: Date }[]>`
    SELECT n.name, greatest(coalesce(s.until, ${start}::timestamptz), e.oldest) AS until
    FROM (SELECT min(created_at) AS oldest FROM webhook_endpoints HAVING count(*) > 0) AS e
    CROSS JOIN unnest(${[...names]}::text[]) AS n(name) LEFT JOIN webhook_scans AS s ON s.name = n.name`;
  return new Map(rows.map(({ name, until }) => [name, until]));
}

/** Stores the times up to which searches are complete. They never go back, because processes search at the same time. */
export async function saveScans(database: Database, scans: ReadonlyMap<string, Date>): Promise<void> {
  const rows = [...scans].sort(([one], [other]) => (one < other ? -1 : 1));
  const [names, times] = [rows.map(([name]) => name), rows.map(([, until]) => until)];
  await database.$executeRaw`
    INSERT INTO webhook_scans AS s (name, until) SELECT * FROM unnest(${names}::text[], ${times}::timestamptz[])
    ON CONFLICT (name) DO UPDATE SET until = excluded.until WHERE s.until < excluded.until`;
}

/** A search for one kind of notice. */
export interface NoticeSearch {
  kind: NoticeKind;
  window: ExpiryWindow;
  /** The last examined key of the previous page. Null for the first page. */
  after: Position | null;
}

/** A part of a search. */
export interface NoticePage {
  last: Position;
  examined: number;
  /** The examined keys that need a notice. */
  due: { keyId: string; userId: string; expiry: Date }[];
}

/**
 * Examines at most `limit` keys for each search, the earliest expiry first.
 *
 * @returns the pages by the name of the kind. A search without further keys has no page
 */
export async function findNoticePages(
  database: Database,
  searches: readonly NoticeSearch[],
  limit: number,
): Promise<Map<string, NoticePage>> {
  const selects = searches.map(
    ({ kind, window, after }) => Prisma.sql`(
      SELECT ${kind.name}::text AS kind, e.id, e.at, k.user_id AS "userId", coalesce(e.at = ${EXPIRY} AND ${isNoticeDue(kind)}, false) AS "isDue"
      FROM (${expiryCandidatesSql(window, after, limit)}) AS e
      JOIN api_keys k ON k.id = e.id JOIN users u ON u.id = k.user_id ${Prisma.raw(JOIN_POLICY)})`,
  );
  const rows = await database.$queryRaw<{ kind: string; id: string; at: Date; userId: string; isDue: boolean }[]>`
    SELECT * FROM (${Prisma.join(selects, ' UNION ALL ')}) AS examined ORDER BY kind, at, id`;
  const pages = new Map<string, NoticePage>();
  for (const { kind, id, at, userId, isDue } of rows) {
    const page = pages.get(kind) ?? { last: { at, id }, examined: 0, due: [] };
    page.last = { at, id };
    page.examined += 1;
    if (isDue) page.due.push({ keyId: id, userId, expiry: at });
    pages.set(kind, page);
  }
  return pages;
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

import type { Database, Transaction } from '../platform/database/client.js';
import type { Pool } from '../platform/database/pool.js';
import { canonicalAddress } from '../platform/ip/address.js';
import { storableUserAgent } from '../platform/text.js';
import { REFUSAL_CODES } from './verification-code.js';

/** Counts to add to the row of one key and one hour. Times are milliseconds since the epoch. */
export interface UsageRow {
  readonly keyId: string;
  /** Start of the hour. */
  hour: number;
  allowed: number;
  /** Rejections by code, in the order of REFUSAL_CODES. */
  refusals: readonly number[];
  lastAt: number;
  lastIp: string | null;
  lastUserAgent: string | null;
}

/** Columns of the rejections, in the order of REFUSAL_CODES. The column `refused` is their sum. */
const REFUSAL_COLUMNS = [
  'refused_revoked',
  'refused_expired',
  'refused_disabled',
  'refused_owner_disabled',
  'refused_ip_not_allowed',
  'refused_insufficient_scope',
  'refused_rate_limited',
] as const satisfies { length: (typeof REFUSAL_CODES)['length'] };

/** Columns of the counts. Most rows have no rejections, and 0 is the default of their columns. */
const COUNT_COLUMNS = { withRefusals: ['allowed', 'refused', ...REFUSAL_COLUMNS], allowedOnly: ['allowed', 'refused'] } as const;

type Counts = keyof typeof COUNT_COLUMNS;

const columnsOf = (counts: Counts): string => ['key_id', 'hour', 'last_at', 'last_ip', 'last_user_agent', ...COUNT_COLUMNS[counts]].join();

const addedSql = (counts: Counts): string => `
    SELECT key_id, to_timestamp(hour / 1000) AS hour, to_timestamp(last_at / 1000.0) AS last_at, last_ip, last_user_agent,
      ${COUNT_COLUMNS[counts].join()}
    FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], ${COUNT_COLUMNS[counts].map((_, index) => `$${index + 6}::int[]`).join()})
      AS row (${columnsOf(counts)})`;

const insertSql = (counts: Counts, rows: string): string => `
    INSERT INTO api_key_usage AS u (${columnsOf(counts)}) ${rows}
    ON CONFLICT (key_id, hour) DO UPDATE SET
      ${COUNT_COLUMNS[counts].map((column) => `${column} = u.${column} + excluded.${column}`).join()},
      last_at = greatest(u.last_at, excluded.last_at),
      last_ip = CASE WHEN excluded.last_at >= u.last_at THEN excluded.last_ip ELSE u.last_ip END,
      last_user_agent = CASE WHEN excluded.last_at >= u.last_at THEN excluded.last_user_agent ELSE u.last_user_agent END`;

/** A named statement for each kind of counts. */
export type Statements = Readonly<Record<Counts, { name: string; text: string }>>;

const statementsOf = (name: string, sqlOf: (counts: Counts) => string): Statements => ({
  withRefusals: { name: `${name}-by-code`, text: sqlOf('withRefusals') },
  allowedOnly: { name, text: sqlOf('allowedOnly') },
});

const ADD_USAGE = statementsOf('keyward-add-usage', (counts) => insertSql(counts, addedSql(counts)));

/**
 * Adds usage, and notes the keys that no row of another hour has as allowed. A row with the added count alone is the first of its hour,
 * so a key is searched for at most once an hour. The keys are sorted, so that two replicas that note the same ones do not deadlock.
 */
const firstUsesSql = (counts: Counts, condition: string): string => `
    WITH added AS MATERIALIZED (${addedSql(counts)}),
    written AS (${insertSql(counts, `SELECT ${columnsOf(counts)} FROM added`)} RETURNING u.key_id, u.hour, u.allowed, u.last_at)
    INSERT INTO api_key_first_uses (key_id, at)
    SELECT key_id, max(w.last_at) FROM written w JOIN added a USING (key_id, hour)
    WHERE a.allowed > 0 AND w.allowed = a.allowed AND ${condition}
      AND NOT EXISTS (SELECT FROM api_key_usage e WHERE e.key_id = w.key_id AND e.hour <> w.hour AND e.allowed > 0)
    GROUP BY key_id ORDER BY key_id
    ON CONFLICT DO NOTHING`;

/** Returns the statements that also note first uses. @param condition SQL that decides whether they are noted */
export const addUsageAndFirstUses = (condition: string): Statements =>
  statementsOf('keyward-add-usage-and-first-uses', (counts) => firstUsesSql(counts, condition));

/**
 * Returns an array literal of items that need no quotes. The driver would quote and escape each item, at several times the cost.
 */
const plainArray = (items: readonly (string | number)[]): string => `{${items.join()}}`;

/** Returns the number of rejections of a row. */
export const refusedOf = ({ refusals }: Pick<UsageRow, 'refusals'>): number => refusals.reduce((sum, count) => sum + count, 0);

/**
 * Adds to many rows in one statement, which Prisma does not support.
 *
 * @param rows one row for each key and hour, in the order that all replicas use, so that they do not deadlock
 */
export async function addUsage(pool: Pool, rows: readonly UsageRow[], statements: Statements = ADD_USAGE): Promise<void> {
  const refused = rows.map(refusedOf);
  const counts: Counts = refused.some((count) => count > 0) ? 'withRefusals' : 'allowedOnly';
  const byCode = counts === 'withRefusals' ? REFUSAL_CODES.map((_, index) => rows.map(({ refusals }) => refusals[index] ?? 0)) : [];
  await pool.query({
    ...statements[counts],
    values: [
      plainArray(rows.map((row) => row.keyId)),
      plainArray(rows.map((row) => row.hour)),
      plainArray(rows.map((row) => row.lastAt)),
      rows.map((row) => canonicalAddress(row.lastIp)),
      rows.map((row) => storableUserAgent(row.lastUserAgent)),
      plainArray(rows.map((row) => row.allowed)),
      plainArray(refused),
      ...byCode.map(plainArray),
    ],
  });
}

/** Time, address and User-Agent of the last verification of a key. */
export interface LastUse {
  lastUsedAt: Date;
  lastUsedIp: string | null;
  lastUsedUserAgent: string | null;
}

/** Returns the newest row of each key, found by the index. Keys that were never used are absent. */
export async function findLastUses(database: Database, keyIds: readonly string[]): Promise<Map<string, LastUse>> {
  const rows = await database.$queryRaw<({ keyId: string } & LastUse)[]>`
    SELECT k.id AS "keyId", u.last_at AS "lastUsedAt", u.last_ip AS "lastUsedIp", u.last_user_agent AS "lastUsedUserAgent"
    FROM unnest(${keyIds}::uuid[]) AS k (id)
    CROSS JOIN LATERAL (SELECT * FROM api_key_usage WHERE key_id = k.id ORDER BY hour DESC LIMIT 1) AS u`;
  return new Map(rows.map(({ keyId, ...lastUse }) => [keyId, lastUse]));
}

/** The verifications of one key in one interval. */
export interface UsageSum {
  keyId: string;
  start: Date;
  allowed: number;
  refused: number;
  /** Rejections by code, in the order of REFUSAL_CODES. */
  refusals: number[];
}

/**
 * Sums the usage by key and interval. Intervals are aligned to UTC.
 *
 * @returns one sum for each key and interval with usage, at most 2³¹ − 1 each, the maximum of GraphQL's Int
 */
export function sumUsage(
  database: Database,
  keyIds: readonly string[],
  window: { from: Date; to: Date; interval: 'hour' | 'day' },
): Promise<UsageSum[]> {
  return database.$queryRaw<UsageSum[]>`
    SELECT key_id AS "keyId", date_trunc(${window.interval}, hour, 'UTC') AS start,
           least(sum(allowed), 2147483647)::int AS allowed, least(sum(refused), 2147483647)::int AS refused,
           ARRAY[
             least(sum(refused_revoked), 2147483647),
             least(sum(refused_expired), 2147483647),
             least(sum(refused_disabled), 2147483647),
             least(sum(refused_owner_disabled), 2147483647),
             least(sum(refused_ip_not_allowed), 2147483647),
             least(sum(refused_insufficient_scope), 2147483647),
             least(sum(refused_rate_limited), 2147483647)
           ]::int[] AS refusals
    FROM api_key_usage
    WHERE key_id = ANY(${keyIds}::uuid[]) AND hour >= ${window.from} AND hour < ${window.to}
    GROUP BY 1, 2`;
}

/** Deletes the usage of keys. The addresses in it may be personal data of the owner. */
export async function forgetUsage(transaction: Transaction, keyIds: readonly string[]): Promise<void> {
  await transaction.$executeRaw`DELETE FROM api_key_usage WHERE key_id = ANY(${keyIds}::uuid[])`;
  await transaction.$executeRaw`DELETE FROM api_key_first_uses WHERE key_id = ANY(${keyIds}::uuid[])`;
}

import type pg from 'pg';
import { VERIFICATION_CACHE_LIMITS } from '../../platform/limits.js';
import { fingerprintArrayOf, keysByFingerprintSql, serviceTokensByFingerprintSql } from '../key-lookup.queries.js';
import type { FoundRecord } from '../service-token-entry.js';
import type { Change, Read, Reply } from './protocol.js';

const LIMIT = VERIFICATION_CACHE_LIMITS.changesPerReadMax + 1;

// The entries of a service token belong to it as those of keys belong to their owner.
const GROUP = 'coalesce(owner_id, service_token_id)';

const FOUND_CHANGES = `
  SELECT pg_is_in_recovery(), pg_postmaster_start_time(), tableoid, seq, mark, key_id, ${GROUP}, policy_id
  FROM verification_changes WHERE seq >= $1 ORDER BY seq LIMIT ${LIMIT}`;

// Columns, because JSON takes PostgreSQL and the driver twice the time for the one row that nearly every read returns.
const READ_CHANGES = { name: 'keyward-read-changes', text: FOUND_CHANGES };

// A subquery has the snapshot of its statement. Without a position the newest change is read.
const READ_ROWS = {
  name: 'keyward-read-changes-and-keys',
  text: `
  SELECT pg_is_in_recovery(), pg_postmaster_start_time(),
    (SELECT json_agg(json_build_array(c.tableoid, c.seq, c.mark, c.key_id, c.owner_id, c.policy_id) ORDER BY c.seq) FROM (
      SELECT tableoid, seq, mark, key_id, ${GROUP} AS owner_id, policy_id FROM verification_changes
      WHERE seq >= coalesce($1::bigint, (SELECT max(seq) FROM verification_changes)) ORDER BY seq LIMIT ${LIMIT}
    ) AS c) AS changes,
    (${keysByFingerprintSql('$2')}), (${serviceTokensByFingerprintSql('$2')})`,
};

const READ_ROWS_ALONE = {
  name: 'keyward-read-keys',
  text: `SELECT pg_is_in_recovery(), (${keysByFingerprintSql('$1')}), (${serviceTokensByFingerprintSql('$1')})`,
};

/** PostgreSQL's own text of each column: parsing a timestamp would lose its microseconds. */
const TEXTS = { getTypeParser: () => (text: string) => text };

type Texts = (string | null)[];

const query = (statement: { name: string; text: string }, values: unknown[]): pg.QueryArrayConfig => ({
  ...statement,
  values,
  rowMode: 'array',
  types: TEXTS as pg.CustomTypesConfig,
});

/** Returns the statement of a read. */
export function queryOf({ from, missing }: Read): pg.QueryArrayConfig {
  if (from === 'unfollowed') return query(READ_ROWS_ALONE, [fingerprintArrayOf(missing)]);
  if (from === null || missing.length > 0) return query(READ_ROWS, [from?.seq ?? null, fingerprintArrayOf(missing)]);
  return query(READ_CHANGES, [from.seq]);
}

const NO_ROWS: ReadonlyMap<string, FoundRecord> = new Map();

/** Returns what the statement of the read returned. */
export function replyOf({ from, missing }: Read, rows: readonly Texts[]): Reply<FoundRecord> {
  if (from === 'unfollowed') {
    const [isStandby, keys, serviceTokens] = rows[0] ?? [];
    return { isStandby: isStandby !== 'f', identity: null, changes: [], rows: recordsOf(keys, serviceTokens) };
  }
  if (from === null || missing.length > 0) return replyWithRows(rows[0] ?? []);
  const [isStandby, startedAt, table] = rows[0] ?? [];
  const changes = rows.map(([, , , seq, mark, keyId = null, ownerId = null, policyId = null]) =>
    changeOf([Number(seq), mark ?? '', keyId, ownerId, policyId]),
  );
  return { isStandby: isStandby === 't', identity: identityOf(startedAt, table), changes, rows: NO_ROWS };
}

function replyWithRows([isStandby, startedAt, changes, keys, serviceTokens]: Texts): Reply<FoundRecord> {
  const found: [table: string, ...change: ChangeColumns][] = JSON.parse(changes ?? '[]');
  return {
    isStandby: isStandby !== 'f',
    identity: identityOf(startedAt, found[0]?.[0]),
    changes: found.map(([, ...change]) => changeOf(change)),
    rows: recordsOf(keys, serviceTokens),
  };
}

type ChangeColumns = [seq: number, mark: string, keyId: string | null, ownerId: string | null, policyId: string | null];

const changeOf = ([seq, mark, keyId, ownerId, policyId]: ChangeColumns): Change => ({ seq, mark, keyId, ownerId, policyId });

/** The same server with the same table. The start is exact to the microsecond. */
const identityOf = (startedAt: string | null | undefined, table: string | null | undefined): string | null =>
  startedAt && table ? `${startedAt} ${table}` : null;

function recordsOf(...lists: (string | null | undefined)[]): Map<string, FoundRecord> {
  const found: FoundRecord[] = lists.flatMap((list) => JSON.parse(list ?? '[]'));
  return new Map(found.map((record) => [record.fingerprint, record]));
}

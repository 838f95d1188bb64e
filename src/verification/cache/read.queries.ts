import type pg from 'pg';
import type { Pool } from '../../platform/database/pool.js';
import { VERIFICATION_CACHE_LIMITS } from '../../platform/limits.js';
import {
  fingerprintArrayOf,
  IMPORT_FORMS_SQL,
  keysByFingerprintSql,
  serviceTokensByFingerprintSql,
  unusedKeysByDigestSql,
} from '../key-lookup.queries.js';
import type { FoundRecord } from '../lookup-entry.js';
import { TOKEN_MARK } from '../service-token-entry.js';
import type { FoundUnusedKey } from '../unused-key.js';
import type { Change, Read, Reply } from './protocol.js';

const LIMIT = VERIFICATION_CACHE_LIMITS.changesPerReadMax + 1;

// The entries of a service token belong to it as those of keys belong to their owner.
const GROUP = 'coalesce(owner_id, service_token_id)';

const FOUND_CHANGES = `
  SELECT pg_is_in_recovery(), pg_postmaster_start_time(), tableoid, seq, mark, key_id, ${GROUP}, policy_id
  FROM verification_changes WHERE seq >= $1 ORDER BY seq LIMIT ${LIMIT}`;

// Columns, because JSON takes PostgreSQL and the driver twice the time for the one row that nearly every read returns.
const READ_CHANGES = { name: 'keyward-read-changes', text: FOUND_CHANGES };

// A subquery has the snapshot of its statement. Without a position the newest change is read. One column of JSON, because the driver
// takes as long for the descriptions of seven columns as JSON.parse takes for a batch of keys.
const READ_ROWS = {
  name: 'keyward-read-changes-and-keys',
  text: `
  SELECT json_build_array(pg_is_in_recovery(), pg_postmaster_start_time()::text,
    (SELECT json_agg(json_build_array(c.tableoid, c.seq, c.mark, c.key_id, c.owner_id, c.policy_id) ORDER BY c.seq) FROM (
      SELECT tableoid, seq, mark, key_id, ${GROUP} AS owner_id, policy_id FROM verification_changes
      WHERE seq >= coalesce($1::bigint, (SELECT max(seq) FROM verification_changes)) ORDER BY seq LIMIT ${LIMIT}
    ) AS c),
    (${keysByFingerprintSql('$2')}), (${serviceTokensByFingerprintSql('$3')}), (${unusedKeysByDigestSql('$4')}), (${IMPORT_FORMS_SQL}))`,
};

const READ_ROWS_ALONE = {
  name: 'keyward-read-keys',
  text: `
  SELECT json_build_array(pg_is_in_recovery(), NULL, NULL,
    (${keysByFingerprintSql('$1')}), (${serviceTokensByFingerprintSql('$2')}), (${unusedKeysByDigestSql('$3')}), (${IMPORT_FORMS_SQL}))`,
};

/** A read, and the digests under which its keys may have been imported, in hex. */
export interface LookupRead extends Read {
  readonly digests: readonly string[];
}

/** What the statement read, with what it found by the digests. */
export interface LookupReply extends Reply<FoundRecord> {
  readonly unusedKeys: readonly Omit<FoundUnusedKey, 'fingerprint'>[];
  /** The forms of imported keys as JSON. Null if the statement did not read them. */
  readonly forms: string | null;
}

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
export function queryOf({ from, missing, digests }: LookupRead): pg.QueryArrayConfig {
  if (from !== null && from !== 'unfollowed' && missing.length === 0) return query(READ_CHANGES, [from.seq]);
  const tokens = missing.filter((fingerprint) => fingerprint.startsWith(TOKEN_MARK)).map((marked) => marked.slice(TOKEN_MARK.length));
  const keys = tokens.length === 0 ? missing : missing.filter((fingerprint) => !fingerprint.startsWith(TOKEN_MARK));
  const arrays = [keys, tokens, digests].map(fingerprintArrayOf);
  return from === 'unfollowed' ? query(READ_ROWS_ALONE, arrays) : query(READ_ROWS, [from?.seq ?? null, ...arrays]);
}

/** Returns the forms of imported keys as JSON. Null from a standby, which may not have the newest. */
export async function readImportForms(client: Pick<pg.ClientBase, 'query'> | Pool): Promise<string | null> {
  const { rows } = await client.query<{ import_forms: string | null }>(
    `SELECT CASE WHEN NOT pg_is_in_recovery() THEN (${IMPORT_FORMS_SQL}) END AS import_forms`,
  );
  return rows[0]?.import_forms ?? null;
}

const NO_ROWS: ReadonlyMap<string, FoundRecord> = new Map();

/** Returns what the statement of the read returned. */
export function replyOf({ from, missing }: Read, rows: readonly Texts[]): LookupReply {
  if (from === null || from === 'unfollowed' || missing.length > 0) return replyWithRows(JSON.parse(rows[0]?.[0] ?? '[]'));
  const [isStandby, startedAt, table] = rows[0] ?? [];
  const changes = rows.map(([, , , seq, mark, keyId = null, ownerId = null, policyId = null]) =>
    changeOf([Number(seq), mark ?? '', keyId, ownerId, policyId]),
  );
  const identity = identityOf(startedAt, table);
  return { isStandby: isStandby === 't', identity, changes, rows: NO_ROWS, unusedKeys: [], forms: null };
}

type ChangeColumns = [seq: number, mark: string, keyId: string | null, ownerId: string | null, policyId: string | null];

type Columns = [
  isStandby: boolean,
  startedAt: string | null,
  changes: [table: string, ...change: ChangeColumns][] | null,
  keys: FoundRecord[],
  serviceTokens: FoundRecord[],
  unusedKeys: LookupReply['unusedKeys'],
  forms: string,
];

function replyWithRows([isStandby, startedAt, changes, keys, serviceTokens, unusedKeys, forms]: Partial<Columns>): LookupReply {
  const found = [...(keys ?? []), ...(serviceTokens ?? [])];
  return {
    isStandby: isStandby !== false,
    identity: identityOf(startedAt, changes?.[0]?.[0]),
    changes: (changes ?? []).map(([, ...change]) => changeOf(change)),
    rows: new Map(found.map((record) => [record.fingerprint, record])),
    unusedKeys: unusedKeys ?? [],
    forms: forms ?? null,
  };
}

const changeOf = ([seq, mark, keyId, ownerId, policyId]: ChangeColumns): Change => ({ seq, mark, keyId, ownerId, policyId });

/** The same server with the same table. The start is exact to the microsecond. */
const identityOf = (startedAt: string | null | undefined, table: string | null | undefined): string | null =>
  startedAt && table ? `${startedAt} ${table}` : null;

import type pg from 'pg';
import type { Account } from './account.js';
import type { Findings } from './findings.js';
import type { KeyStatus, KnownKey } from './key-model.js';

interface Row {
  id: string;
  userId: string;
  name: string | null;
  status: KeyStatus;
  isWhole: boolean;
  created: number;
  updated: number;
  revoked: number;
}

/** Selects the state of every key by the rule of src/api-keys/api-key-status.ts, and the number of its audit events by kind. */
const ROWS = `
  SELECT k.id, k.user_id AS "userId", k.name,
         CASE WHEN k.revoked_at IS NOT NULL THEN 'REVOKED' WHEN k.expires_at <= now() THEN 'EXPIRED' WHEN NOT k.enabled THEN 'DISABLED'
              WHEN k.replaced_by_id IS NOT NULL THEN 'ROTATING' ELSE 'VALID' END AS status,
         coalesce(length(k.fingerprint) = 32, false) AND length(k.hashed_key) = 60 AS "isWhole",
         count(*) FILTER (WHERE e.action = 'API_KEY_CREATED' AND e.api_key_id = k.id
                             OR e.action = 'API_KEY_ROTATED' AND e.details #>> '{replacedBy,id}' = k.id::text)::int AS created,
         count(*) FILTER (WHERE e.action = 'API_KEY_UPDATED' AND e.api_key_id = k.id)::int AS updated,
         count(*) FILTER (WHERE e.action = 'API_KEY_REVOKED' AND e.api_key_id = k.id)::int AS revoked
  FROM api_keys k LEFT JOIN audit_events e ON e.user_id = k.user_id
  GROUP BY k.id`;

const OVER_LIMIT = `
  SELECT k.user_id FROM api_keys k LEFT JOIN api_keys s ON s.id = k.replaced_by_id
  WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
    AND (s.id IS NULL OR s.revoked_at IS NOT NULL OR s.expires_at <= now())
  GROUP BY k.user_id HAVING count(*) > 5`;

const EVENTS_WITHOUT_KEY = `
  SELECT e.id FROM audit_events e LEFT JOIN api_keys k ON k.id = e.api_key_id
  WHERE e.action LIKE 'API\\_KEY\\_%' AND k.id IS NULL`;

/** Runs a statement on the database of the servers. */
export type Query = <R extends pg.QueryResultRow>(sql: string) => Promise<R[]>;

/**
 * Checks the whole database for rows that must never exist under any load: an incomplete row, a row without its audit event, an
 * event without its row, a user with more keys than the limit.
 *
 * @returns the keys by id
 */
export async function checkDatabase(query: Query, findings: Findings): Promise<ReadonlyMap<string, Row>> {
  const rows = new Map((await query<Row>(ROWS)).map((row) => [row.id, row]));
  for (const row of rows.values()) compareWithLog(row, findings);
  for (const { user_id } of await query(OVER_LIMIT)) findings.wrong(`user ${user_id} has more keys than the limit`);
  for (const { id } of await query(EVENTS_WITHOUT_KEY)) findings.wrong(`audit event ${id} tells of no key`);
  return rows;
}

/** Compares what the servers acknowledged with the content of the database, after all activity. */
export async function compareWithDatabase(query: Query, accounts: readonly Account[], findings: Findings): Promise<void> {
  const users = new Set((await query<{ id: string }>('SELECT id FROM users')).map(({ id }) => id));
  const rows = await checkDatabase(query, findings);
  for (const account of accounts) {
    if (!users.has(account.userId)) findings.lost(`user ${account.userId} signed up`);
    for (const key of account.keys) compareKey(key, rows.get(key.id), findings);
    const known = new Set(account.keys.map(({ id }) => id));
    const strays = [...rows.values()].filter(({ userId, id }) => userId === account.userId && !known.has(id));
    if (strays.length > account.strayKeys) findings.wrong(`user ${account.userId} has ${strays.length} keys that no request created`);
  }
}

/** Checks that a row is complete and has all its audit events, whether or not its request was acknowledged. */
function compareWithLog(row: Row, findings: Findings): void {
  if (!row.isWhole) findings.wrong(`the row of key ${row.id} is incomplete`);
  if (row.created !== 1) findings.wrong(`${row.created} audit events record the creation of key ${row.id}`);
  if (row.revoked !== (row.status === 'REVOKED' ? 1 : 0)) {
    findings.wrong(`${row.revoked} audit events record the revocation of key ${row.id}, which is ${row.status}`);
  }
}

function compareKey(key: KnownKey, row: Row | undefined, findings: Findings): void {
  if (!row) {
    findings.lost(`the creation of key ${key.id}`);
    return;
  }
  const { status, name } = row;
  if (!key.possible.some((state) => state.status === status && state.name === name)) {
    findings.lost(`key ${key.id} is ${status} "${name}" and must be ${JSON.stringify(key.possible)}`);
  }
  const { acknowledged, sent } = key.updates;
  if (row.updated < acknowledged) findings.lost(`${acknowledged} updates of key ${key.id}, of which the audit log records ${row.updated}`);
  if (row.updated > sent) findings.wrong(`${row.updated} audit events tell of ${sent} updates of key ${key.id}`);
}

import type { Pool } from '../platform/database/pool.js';
import { entryOf, type FoundKey, type KeyEntry } from './key-entry.js';

// Every verification runs this query, so it bypasses Prisma and is a named statement, which PostgreSQL parses and plans once
// per connection. It returns one row of JSON, because the driver takes longer to parse 13 columns than JSON.parse takes for
// all keys (measured in docs/performance.md).
const FIND_BY_FINGERPRINT = {
  name: 'keyward-find-keys-by-fingerprint',
  text: `
    SELECT coalesce(json_agg(found), '[]') AS keys FROM (
      SELECT encode(k.fingerprint, 'hex') AS fingerprint, k.id, k.user_id AS "ownerId", u.external_id AS "ownerExternalId", k.name, k.scopes,
             coalesce(k.lineage_id, k.id) AS "rateLimitId",
             k.allowed_cidrs AS "allowedCidrs", k.rate_limit AS "rateLimit", k.rate_limit_window_seconds AS "rateLimitWindowSeconds",
             k.metadata, k.enabled, k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt", u.disabled_at AS "ownerDisabledAt"
      FROM api_keys k JOIN users u ON u.id = k.user_id
      WHERE k.fingerprint = ANY($1::bytea[])
    ) AS found`,
};

/** Returns the keys with these fingerprints (in hex), by fingerprint, as last committed, with the state of their owners. */
export async function findKeysByFingerprint(pool: Pool, fingerprints: readonly string[]): Promise<Map<string, KeyEntry>> {
  const literal = `{${fingerprints.map((fingerprint) => `"\\\\x${fingerprint}"`).join()}}`;
  const { rows } = await pool.query<{ keys: FoundKey[] }>({ ...FIND_BY_FINGERPRINT, values: [literal] });
  return new Map(rows[0]?.keys.map((key) => [key.fingerprint, entryOf(key)]));
}

/** An imported key. Before its first use, only the bcrypt hash of its plaintext is known. */
export interface ImportedKey {
  id: string;
  keyPrefix: string;
  hashedKey: string;
  /** In hex. Null before the first use. */
  fingerprint: string | null;
}

// Also finds keys with a fingerprint, because it may have been stored after the search by fingerprint.
const FIND_BY_PREFIX = {
  name: 'keyward-find-keys-by-prefix',
  text: `
    SELECT id, key_prefix AS "keyPrefix", hashed_key AS "hashedKey", encode(fingerprint, 'hex') AS fingerprint
    FROM api_keys WHERE key_prefix = ANY($1::text[])`,
};

/** Returns the keys with these key prefixes, by key prefix. */
export async function findKeysByPrefix(pool: Pool, keyPrefixes: readonly string[]): Promise<Map<string, ImportedKey>> {
  const { rows } = await pool.query<ImportedKey>({ ...FIND_BY_PREFIX, values: [keyPrefixes] });
  return new Map(rows.map((row) => [row.keyPrefix, row]));
}

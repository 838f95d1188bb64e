import { rateLimitOf } from '../api-keys/api-key-settings.js';
import type { Pool } from '../platform/database/pool.js';
import type { KeyRecord } from './verification.js';

/**
 * Returns SQL for the keys with the fingerprints in a parameter, as one JSON array: the driver takes longer for 13 columns than
 * JSON.parse for all keys (measured in docs/performance.md).
 */
export const keysByFingerprintSql = (parameter: '$1' | '$2'): string => `
    SELECT coalesce(json_agg(found), '[]') AS keys FROM (
      SELECT encode(k.fingerprint, 'hex') AS fingerprint, k.id, k.user_id AS "ownerId", k.name, k.scopes,
             coalesce(k.lineage_id, k.id) AS "rateLimitId",
             k.allowed_cidrs AS "allowedCidrs", k.rate_limit AS "rateLimit", k.rate_limit_window_seconds AS "rateLimitWindowSeconds",
             k.metadata, k.enabled, k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt", u.disabled_at AS "ownerDisabledAt"
      FROM api_keys k JOIN users u ON u.id = k.user_id
      WHERE k.fingerprint = ANY(${parameter}::bytea[])
    ) AS found`;

/** As JSON has it: timestamps are texts. */
export interface FoundKey {
  fingerprint: string;
  id: string;
  ownerId: string;
  rateLimitId: string;
  name: string | null;
  scopes: string[];
  allowedCidrs: string[];
  rateLimit: number | null;
  rateLimitWindowSeconds: number | null;
  metadata: Record<string, unknown>;
  enabled: boolean;
  expiresAt: string | null;
  revokedAt: string | null;
  ownerDisabledAt: string | null;
}

const momentOf = (text: string | null): Date | null => (text === null ? null : new Date(text));

/** Returns the text of a bytea[] of fingerprints, which are in hex. */
export const fingerprintArrayOf = (fingerprints: readonly string[]): string =>
  `{${fingerprints.map((fingerprint) => `"\\\\x${fingerprint}"`).join()}}`;

/** Returns the keys by fingerprint. */
export const keyRecordsOf = (found: readonly FoundKey[]): Map<string, KeyRecord> =>
  new Map(
    found.map((key) => [
      key.fingerprint,
      {
        id: key.id,
        ownerId: key.ownerId,
        rateLimitId: key.rateLimitId,
        name: key.name,
        scopes: key.scopes,
        allowedCidrs: key.allowedCidrs,
        rateLimit: rateLimitOf(key),
        metadata: key.metadata,
        enabled: key.enabled,
        expiresAt: momentOf(key.expiresAt),
        revokedAt: momentOf(key.revokedAt),
        ownerDisabledAt: momentOf(key.ownerDisabledAt),
      },
    ]),
  );

/** An imported key: until its first use nothing of its plaintext is known but the bcrypt hash. */
export interface ImportedKey {
  id: string;
  keyPrefix: string;
  hashedKey: string;
  /** In hex. Null until the first use. */
  fingerprint: string | null;
}

// Keys with a fingerprint are found, too: it may have been stored after it was looked for.
const FIND_BY_PREFIX = {
  name: 'keyward-find-keys-by-prefix',
  text: `
    SELECT id, key_prefix AS "keyPrefix", hashed_key AS "hashedKey", encode(fingerprint, 'hex') AS fingerprint
    FROM api_keys WHERE key_prefix = ANY($1::text[])`,
};

/** Returns imported keys, and others, by key prefix. */
export async function findKeysByPrefix(pool: Pool, keyPrefixes: readonly string[]): Promise<Map<string, ImportedKey>> {
  const { rows } = await pool.query<ImportedKey>({ ...FIND_BY_PREFIX, values: [keyPrefixes] });
  return new Map(rows.map((row) => [row.keyPrefix, row]));
}

import type { Pool } from '../platform/database/pool.js';
import { JOIN_POLICY, POLICY_JSON } from '../policies/policy-sql.js';
import { TOKEN_MARK } from './service-token-entry.js';

/**
 * Returns SQL for the keys with the fingerprints in a parameter, with the state of their owners and the policies that apply to them, as
 * one JSON array of `FoundKey`. The driver takes longer to parse 16 columns than JSON.parse takes for all keys (measured in
 * docs/performance.md).
 */
export const keysByFingerprintSql = (parameter: '$1' | '$2'): string => `
    SELECT coalesce(json_agg(found), '[]') AS keys FROM (
      SELECT encode(k.fingerprint, 'hex') AS fingerprint, k.id, k.user_id AS "ownerId", u.external_id AS "ownerExternalId", k.name, k.scopes,
             coalesce(k.lineage_id, k.id) AS "rateLimitId",
             k.allowed_cidrs AS "allowedCidrs", k.rate_limit AS "rateLimit", k.rate_limit_window_seconds AS "rateLimitWindowSeconds",
             k.metadata, k.trusted_metadata AS "trustedMetadata", u.trusted_metadata AS "ownerMetadata", k.enabled, k.created_at AS "createdAt",
             k.imported_at AS "importedAt", k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt", u.disabled_at AS "ownerDisabledAt",
             p.id AS "policyId", ${POLICY_JSON} AS policy
      FROM api_keys k JOIN users u ON u.id = k.user_id ${JOIN_POLICY}
      WHERE k.fingerprint = ANY(${parameter}::bytea[])
    ) AS found`;

/**
 * Returns SQL for the service tokens with the fingerprints in a parameter, as one JSON array of `FoundServiceToken`. A token is found
 * by its secret and by the one before its last rotation.
 */
export const serviceTokensByFingerprintSql = (parameter: '$2' | '$3'): string => `
    SELECT coalesce(json_agg(found), '[]') AS service_tokens FROM (
      SELECT '${TOKEN_MARK}' || encode(t.fingerprint, 'hex') AS fingerprint, encode(t.fingerprint, 'hex') AS id, t.id AS "ownerId",
             NULL::uuid AS "policyId", t.permissions, t.cidrs,
             t.expires_at AS "expiresAt", t.revoked_at AS "revokedAt", NULL::timestamptz AS "overlapEndsAt"
      FROM service_tokens t WHERE t.fingerprint = ANY(${parameter}::bytea[])
      UNION ALL
      SELECT '${TOKEN_MARK}' || encode(t.previous_fingerprint, 'hex'), encode(t.previous_fingerprint, 'hex'), t.id, NULL, t.permissions, t.cidrs,
             t.expires_at, t.revoked_at, coalesce(t.previous_expires_at, to_timestamp(0))
      FROM service_tokens t WHERE t.previous_fingerprint = ANY(${parameter}::bytea[])
    ) AS found`;

/**
 * Returns SQL for the imported keys with the digests in a parameter that were never used, as one JSON array of `FoundUnusedKey` without
 * fingerprints. A used key is found by its fingerprint alone.
 */
export const unusedKeysByDigestSql = (parameter: '$3' | '$4'): string => `
    SELECT coalesce(json_agg(found), '[]') AS unused_keys FROM (
      SELECT encode(k.import_digest, 'hex') AS digest, k.id, k.user_id AS "ownerId", NULL::uuid AS "policyId", k.key_prefix AS "keyPrefix",
             k.hashed_key AS "hashedKey", k.display_prefix AS "displayPrefix", k.import_form_id AS "importFormId"
      FROM api_keys k
      WHERE k.import_digest = ANY(${parameter}::bytea[]) AND k.import_digest IS NOT NULL AND k.fingerprint IS NULL
    ) AS found`;

/** SQL for the forms of imported keys, as the text of a JSON array of `FoundForm`. */
export const IMPORT_FORMS_SQL = `
    SELECT coalesce(json_agg(json_build_array(f.id, f.algorithm, f.part, f.sealed_secret) ORDER BY f.id)::text, '[]') AS import_forms
    FROM import_forms f`;

/** Returns the text of a bytea[] of fingerprints, which are in hex. */
export const fingerprintArrayOf = (fingerprints: readonly string[]): string =>
  `{${fingerprints.map((fingerprint) => `"\\\\x${fingerprint}"`).join()}}`;

/** An imported key. Before its first use, only the bcrypt hash of its plaintext is known. */
export interface ImportedKey {
  id: string;
  keyPrefix: string;
  hashedKey: string;
  /** In hex. Null before the first use. */
  fingerprint: string | null;
  /** Null for a key of Keyward's own form, which is found by its key prefix. */
  importFormId: number | null;
}

// Also finds keys with a fingerprint, because it may have been stored after the search by fingerprint.
const FIND_BY_PREFIX = {
  name: 'keyward-find-keys-by-prefix',
  text: `
    SELECT id, key_prefix AS "keyPrefix", hashed_key AS "hashedKey", encode(fingerprint, 'hex') AS fingerprint,
           import_form_id AS "importFormId"
    FROM api_keys WHERE key_prefix = ANY($1::text[])`,
};

/** Returns the keys with these key prefixes, by key prefix. */
export async function findKeysByPrefix(pool: Pool, keyPrefixes: readonly string[]): Promise<Map<string, ImportedKey>> {
  const { rows } = await pool.query<ImportedKey>({ ...FIND_BY_PREFIX, values: [keyPrefixes] });
  return new Map(rows.map((row) => [row.keyPrefix, row]));
}

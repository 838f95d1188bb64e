import type { Transaction } from '../platform/database/client.js';
import type { KeyColumns } from './api-key-settings.js';

/** A key of another system, as it is stored. */
export interface ImportedKeyRow extends KeyColumns {
  id: string;
  userId: string;
  keyPrefix: string;
  displayPrefix?: string;
  hashedKey: string;
  /** In hex. Absent if it is not known before the first use. */
  fingerprint?: string;
  /** In hex. Absent for a key that is found by its fingerprint or its key prefix. */
  importDigest?: string;
  /** Absent for a key of Keyward's own form. */
  importFormId?: number;
  createdAt: Date;
  importedAt: Date;
  revokedAt: Date | null;
  revokedReason: string | null;
}

/**
 * Inserts imported keys with one statement, which has one JSON parameter. Prisma's createMany took nearly five times as long
 * (see docs/migrating.md).
 *
 * @throws the driver's unique violation, without a code of Prisma, if a key prefix, fingerprint or digest already exists
 */
export async function insertImportedKeys(transaction: Transaction, keys: readonly ImportedKeyRow[]): Promise<void> {
  const rows = JSON.stringify(keys);
  await transaction.$executeRaw`
    INSERT INTO api_keys (
      id, user_id, key_prefix, display_prefix, name, hashed_key, fingerprint, import_digest, import_form_id, scopes, allowed_cidrs,
      rate_limit, rate_limit_window_seconds, metadata, trusted_metadata, enabled, created_at, imported_at, expires_at, revoked_at, revoked_reason
    )
    SELECT id, "userId", "keyPrefix", "displayPrefix", name, "hashedKey", decode(fingerprint, 'hex'), decode("importDigest", 'hex'),
           "importFormId", coalesce(scopes, '{}'), coalesce("allowedCidrs", '{}'), "rateLimit", "rateLimitWindowSeconds",
           coalesce(metadata, '{}'), coalesce("trustedMetadata", '{}'), coalesce(enabled, true), "createdAt", "importedAt", "expiresAt",
           "revokedAt",
           "revokedReason"
    FROM json_to_recordset(${rows}::json) AS row(
      id uuid, "userId" uuid, "keyPrefix" text, "displayPrefix" text, name text, "hashedKey" text, fingerprint text, "importDigest" text,
      "importFormId" integer, scopes text[], "allowedCidrs" text[], "rateLimit" integer, "rateLimitWindowSeconds" integer, metadata jsonb,
      "trustedMetadata" jsonb, enabled boolean, "createdAt" timestamptz, "importedAt" timestamptz, "expiresAt" timestamptz, "revokedAt" timestamptz,
      "revokedReason" text
    )`;
}

/** What identifies keys: by each of the three lists, other keys can be found. */
export interface KeyNames {
  keyPrefixes: readonly string[];
  /** In hex. */
  fingerprints: readonly string[];
  /** In hex. */
  importDigests: readonly string[];
}

/** A stored key, and its owner. */
export interface StoredKey {
  id: string;
  keyPrefix: string;
  hashedKey: string;
  /** In hex. */
  fingerprint: string | null;
  /** In hex. */
  importDigest: string | null;
  email: string | null;
  externalId: string | null;
}

/** Returns the stored keys with one of the names. A key can occur several times. */
export function findStoredKeys(transaction: Transaction, { keyPrefixes, fingerprints, importDigests }: KeyNames): Promise<StoredKey[]> {
  // Arrays from subqueries are computed once, so that each branch reads its index.
  return transaction.$queryRaw<StoredKey[]>`
    SELECT k.id, k.key_prefix AS "keyPrefix", k.hashed_key AS "hashedKey", encode(k.fingerprint, 'hex') AS fingerprint,
           encode(k.import_digest, 'hex') AS "importDigest", u.email, u.external_id AS "externalId"
    FROM (
      SELECT * FROM api_keys WHERE key_prefix = ANY(${keyPrefixes}::text[])
      UNION ALL
      SELECT * FROM api_keys
      WHERE fingerprint = ANY(ARRAY(SELECT decode(given, 'hex') FROM unnest(${fingerprints}::text[]) AS given))
      UNION ALL
      SELECT * FROM api_keys
      WHERE import_digest IS NOT NULL
        AND import_digest = ANY(ARRAY(SELECT decode(given, 'hex') FROM unnest(${importDigests}::text[]) AS given))
    ) AS k JOIN users u ON u.id = k.user_id`;
}

import type { Transaction } from '../platform/database/client.js';
import type { KeyColumns } from './api-key-settings.js';

/** A key of another system, as it is stored. */
export interface ImportedKeyRow extends KeyColumns {
  id: string;
  userId: string;
  keyPrefix: string;
  hashedKey: string;
  createdAt: Date;
  importedAt: Date;
  revokedAt: Date | null;
  revokedReason: string | null;
}

/**
 * Inserts imported keys with one statement, which has one JSON parameter. Prisma's createMany took nearly five times as long
 * (see docs/migrating.md).
 *
 * @throws the driver's unique violation, without a code of Prisma, if a key prefix already exists
 */
export async function insertImportedKeys(transaction: Transaction, keys: readonly ImportedKeyRow[]): Promise<void> {
  const rows = JSON.stringify(keys);
  await transaction.$executeRaw`
    INSERT INTO api_keys (
      id, user_id, key_prefix, name, hashed_key, scopes, allowed_cidrs, rate_limit, rate_limit_window_seconds,
      metadata, enabled, created_at, imported_at, expires_at, revoked_at, revoked_reason
    )
    SELECT id, "userId", "keyPrefix", name, "hashedKey", coalesce(scopes, '{}'), coalesce("allowedCidrs", '{}'), "rateLimit",
           "rateLimitWindowSeconds", coalesce(metadata, '{}'), coalesce(enabled, true), "createdAt", "importedAt", "expiresAt", "revokedAt", "revokedReason"
    FROM json_to_recordset(${rows}::json) AS row(
      id uuid, "userId" uuid, "keyPrefix" text, name text, "hashedKey" text, scopes text[], "allowedCidrs" text[], "rateLimit" integer,
      "rateLimitWindowSeconds" integer, metadata jsonb, enabled boolean, "createdAt" timestamptz, "importedAt" timestamptz, "expiresAt" timestamptz,
      "revokedAt" timestamptz, "revokedReason" text
    )`;
}

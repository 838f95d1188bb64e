import type { Transaction } from '../platform/database/client.js';
import type { ImportedKey } from './import-line.js';

export interface NewImport {
  id: string;
  userId: string;
  key: ImportedKey;
}

/**
 * Inserts imported keys with one statement, which has one JSON parameter. Prisma's createMany took nearly five times as long
 * (see docs/migrating.md).
 *
 * @throws the driver's unique violation, without a code of Prisma, if a key prefix already exists
 */
export async function insertImportedKeys(transaction: Transaction, imports: readonly NewImport[]): Promise<void> {
  const rows = JSON.stringify(imports.map(({ id, userId, key: { email: _email, ...columns } }) => ({ ...columns, id, userId })));
  await transaction.$executeRaw`
    INSERT INTO api_keys (
      id, user_id, key_prefix, name, hashed_key, scopes, allowed_cidrs, rate_limit, rate_limit_window_seconds,
      metadata, enabled, created_at, expires_at, revoked_at, revoked_reason
    )
    SELECT id, "userId", "keyPrefix", name, "hashedKey", coalesce(scopes, '{}'), coalesce("allowedCidrs", '{}'), "rateLimit",
           "rateLimitWindowSeconds", coalesce(metadata, '{}'), coalesce(enabled, true), "createdAt", "expiresAt", "revokedAt", "revokedReason"
    FROM json_to_recordset(${rows}::json) AS row(
      id uuid, "userId" uuid, "keyPrefix" text, name text, "hashedKey" text, scopes text[], "allowedCidrs" text[], "rateLimit" integer,
      "rateLimitWindowSeconds" integer, metadata jsonb, enabled boolean, "createdAt" timestamptz, "expiresAt" timestamptz,
      "revokedAt" timestamptz, "revokedReason" text
    )`;
}

import { Prisma } from '../platform/database/generated/client.js';

/**
 * Returns the condition for keys that were not presented since a time, for a statement of the feature that owns the keys. The
 * primary key of the usage answers it for each key.
 *
 * @param keyId the column with the id of the key
 */
export const unusedSince = (keyId: Prisma.Sql, since: Date): Prisma.Sql => Prisma.sql`NOT EXISTS (
  SELECT FROM api_key_usage AS used
  WHERE used.key_id = ${keyId} AND used.hour >= date_trunc('hour', ${since}::timestamptz, 'UTC') AND used.last_at >= ${since}::timestamptz)`;

import type { Database } from '../../platform/database/client.js';

/** Stores the last use of a token, unless another process stored one shortly before. */
export async function storeUse(database: Database, serviceTokenId: string, at: Date, notBefore: Date): Promise<void> {
  await database.$executeRaw`
    INSERT INTO service_token_uses AS stored (service_token_id, last_used_at) VALUES (${serviceTokenId}::uuid, ${at})
    ON CONFLICT (service_token_id) DO UPDATE SET last_used_at = excluded.last_used_at WHERE stored.last_used_at <= ${notBefore}`;
}

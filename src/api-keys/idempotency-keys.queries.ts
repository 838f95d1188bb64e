import type { Transaction } from '../platform/database/client.js';
import { IDEMPOTENCY_LIMITS } from '../platform/limits.js';

/**
 * Removes some of the oldest rows. Each new row removes up to this number, so that the table does not grow with old rows. Rows that
 * another transaction uses are skipped instead of waited for, so that no deadlock is possible.
 *
 * @param until rows up to this time are removed
 */
export async function pruneIdempotencyKeys(transaction: Transaction, until: Date): Promise<void> {
  await transaction.$executeRaw`
    DELETE FROM idempotency_keys WHERE (user_id, operation, key) IN (
      SELECT user_id, operation, key FROM idempotency_keys WHERE created_at <= ${until}
      ORDER BY created_at LIMIT ${IDEMPOTENCY_LIMITS.prunedAtOnce} FOR UPDATE SKIP LOCKED)`;
}

import type { Transaction } from '../../platform/database/client.js';
import type { AccountOwner, OwnerNames } from './users.queries.js';

/** Fields of a user that may have changed since they were read without a lock. */
export interface LockedUser {
  passwordHash: string | null;
  disabledAt: Date | null;
}

/**
 * Locks the user's row until the end of the transaction, so that the changes of one user are sequential. The lock is FOR NO
 * KEY UPDATE because rows that refer to the user lock its key for share, which deadlocks with FOR UPDATE. Prisma has no locks.
 *
 * @returns null if the user does not exist
 */
export async function lockUser(transaction: Transaction, userId: string): Promise<LockedUser | null> {
  const rows = await transaction.$queryRaw<LockedUser[]>`
    SELECT password_hash AS "passwordHash", disabled_at AS "disabledAt" FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`;
  return rows[0] ?? null;
}

/**
 * Locks the rows of many users in the order of their ids, so that concurrent transactions do not deadlock. Users with an external
 * id are not found by their address.
 *
 * @returns the users that exist
 */
export function lockOwners(transaction: Transaction, { emails, externalIds }: OwnerNames): Promise<AccountOwner[]> {
  return transaction.$queryRaw<AccountOwner[]>`
    SELECT id, email, external_id AS "externalId", self_registered AS "selfRegistered" FROM users
    WHERE (email = ANY(${emails}::text[]) AND external_id IS NULL) OR external_id = ANY(${externalIds}::text[])
    ORDER BY id FOR NO KEY UPDATE`;
}

/** Limits the wait for each lock of the transaction. Waiting longer fails as an unavailable database. */
export async function limitLockWait(transaction: Transaction, lockWaitMs: number): Promise<void> {
  await transaction.$queryRaw`SELECT set_config('lock_timeout', ${String(lockWaitMs)}, true)`;
}

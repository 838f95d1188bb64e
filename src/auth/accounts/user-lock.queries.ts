import type { Transaction } from '../../platform/database/client.js';
import type { AccountOwner } from './users.queries.js';

/** What may have changed since the user was read without a lock. */
export interface LockedUser {
  passwordHash: string | null;
  disabledAt: Date | null;
}

/**
 * Locks the user's row until the end of the transaction, so that the changes of one user happen one after another.
 * NO KEY: rows that refer to the user take a share of its key, and would deadlock with FOR UPDATE. Prisma has no locks.
 *
 * @returns null where the user doesn't exist (any more)
 */
export async function lockUser(transaction: Transaction, userId: string): Promise<LockedUser | null> {
  const rows = await transaction.$queryRaw<LockedUser[]>`
    SELECT password_hash AS "passwordHash", disabled_at AS "disabledAt" FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`;
  return rows[0] ?? null;
}

/**
 * Locks the rows of many users, always in the same order, so that two who do it don't deadlock. Users with an external id are not
 * found by their address.
 *
 * @param emails canonical
 * @returns those that exist
 */
export function lockUsersByEmail(transaction: Transaction, emails: readonly string[]): Promise<AccountOwner[]> {
  return transaction.$queryRaw<AccountOwner[]>`
    SELECT id, email, self_registered AS "selfRegistered" FROM users
    WHERE email = ANY(${emails}::text[]) AND external_id IS NULL ORDER BY id FOR NO KEY UPDATE`;
}

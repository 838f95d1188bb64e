import type { Transaction } from '../platform/database/client.js';

/**
 * Makes many users in one statement, which Prisma's createMany takes many times as long for. One whose email there is
 * already is left out.
 *
 * @returns how many were made
 */
export function insertUsers(transaction: Transaction, users: readonly { id: string; email: string }[], createdAt: Date): Promise<number> {
  return transaction.$executeRaw`
    INSERT INTO users (id, email, created_at)
    SELECT id, email, ${createdAt} FROM unnest(${users.map(({ id }) => id)}::uuid[], ${users.map(({ email }) => email)}::text[]) AS made(id, email)
    ON CONFLICT (email) DO NOTHING`;
}

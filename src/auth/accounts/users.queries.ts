import type { Database, Transaction } from '../../platform/database/client.js';

/** What an import has to know about an account. */
export interface AccountOwner {
  id: string;
  email: string;
  /** Whether the user created the account. The address may then be anybody's. */
  selfRegistered: boolean;
}

/**
 * Makes many users in one statement, which Prisma's createMany takes many times as long for. One whose email there is
 * already is left out.
 *
 * @returns how many were made
 */
export function insertUsers(transaction: Transaction, users: readonly { id: string; email: string }[], createdAt: Date): Promise<number> {
  return transaction.$executeRaw`
    INSERT INTO users (id, email, created_at, self_registered)
    SELECT id, email, ${createdAt}, false FROM unnest(${users.map(({ id }) => id)}::uuid[], ${users.map(({ email }) => email)}::text[]) AS made(id, email)
    ON CONFLICT (email) WHERE external_id IS NULL DO NOTHING`;
}

/** Returns the highest bcrypt cost of a stored password; null if there is none. An index on the expression has the answer. */
export async function findHighestPasswordCost(database: Database): Promise<number | null> {
  const [row] = await database.$queryRaw<{ cost: string }[]>`
    SELECT substring(password_hash, 5, 2) AS cost FROM users
    WHERE substring(password_hash, 5, 2) ~ '^[0-9]{2}$'
    ORDER BY substring(password_hash, 5, 2) DESC LIMIT 1`;
  return row ? Number(row.cost) : null;
}

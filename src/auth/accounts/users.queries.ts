import type { Database, Transaction } from '../../platform/database/client.js';

/** The fields of an account that an import needs. */
export interface AccountOwner {
  id: string;
  email: string;
  /** Whether the user created the account. The address is then unverified and may belong to another person. */
  selfRegistered: boolean;
}

/**
 * Creates many users in one statement, because Prisma's createMany takes many times as long. A user with an email address
 * that already exists is skipped.
 *
 * @returns the number of created users
 */
export function insertUsers(transaction: Transaction, users: readonly { id: string; email: string }[], createdAt: Date): Promise<number> {
  return transaction.$executeRaw`
    INSERT INTO users (id, email, created_at, self_registered)
    SELECT id, email, ${createdAt}, false FROM unnest(${users.map(({ id }) => id)}::uuid[], ${users.map(({ email }) => email)}::text[]) AS added(id, email)
    ON CONFLICT (email) WHERE external_id IS NULL DO NOTHING`;
}

/**
 * Returns the highest bcrypt cost of a stored password; null if no password is stored. An index on the expression answers the
 * query.
 */
export async function findHighestPasswordCost(database: Database): Promise<number | null> {
  const [row] = await database.$queryRaw<{ cost: string }[]>`
    SELECT substring(password_hash, 5, 2) AS cost FROM users
    WHERE substring(password_hash, 5, 2) ~ '^[0-9]{2}$'
    ORDER BY substring(password_hash, 5, 2) DESC LIMIT 1`;
  return row ? Number(row.cost) : null;
}

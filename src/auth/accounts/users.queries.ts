import type { Database, Transaction } from '../../platform/database/client.js';

/** The owners of keys to import: accounts by email address, users of the product by external ID. */
export interface OwnerNames {
  /** Canonical. */
  emails: readonly string[];
  externalIds: readonly string[];
}

/** The fields of a user that an import needs. */
export interface AccountOwner {
  id: string;
  email: string | null;
  externalId: string | null;
  /** Whether the user created the account. The address is then unverified and may belong to another person. */
  selfRegistered: boolean;
}

/** A user without a password to create. Either the address or the external ID is null. */
export interface NewOwner {
  id: string;
  email: string | null;
  externalId: string | null;
  policyId: string | null;
}

/**
 * Creates many users in one statement, because Prisma's createMany takes many times as long. A user with an email address or an external
 * ID that already exists is skipped.
 *
 * @returns the number of created users
 */
export function insertUsers(transaction: Transaction, users: readonly NewOwner[], createdAt: Date): Promise<number> {
  const rows = JSON.stringify(users);
  return transaction.$executeRaw`
    INSERT INTO users (id, email, external_id, policy_id, policy_set_at, created_at, self_registered)
    SELECT id, email, "externalId", "policyId", CASE WHEN "policyId" IS NOT NULL THEN ${createdAt}::timestamptz END, ${createdAt}, false
    FROM json_to_recordset(${rows}::json) AS added(id uuid, email text, "externalId" text, "policyId" uuid)
    ON CONFLICT DO NOTHING`;
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

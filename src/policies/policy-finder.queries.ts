import type { Transaction } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import type { PolicyColumns } from './policy-rules.js';
import { policyJsonSql } from './policy-sql.js';

/** A user, and the policy that applies to the user. */
export interface UserPolicyRow {
  userId: string;
  policy: PolicyColumns | null;
}

/** Finds the policies that apply to users. Unknown users have no row. It is SQL because Prisma cannot join by an expression. */
export function findPolicyRows(database: Transaction, userIds: readonly string[]): Promise<UserPolicyRow[]> {
  return database.$queryRaw<UserPolicyRow[]>`
    SELECT u.id AS "userId", ${Prisma.raw(policyJsonSql('p'))} AS policy
    FROM users u LEFT JOIN policies p ON p.id = coalesce(u.policy_id, (SELECT d.id FROM policies d WHERE d.name = 'default'))
    WHERE u.id = ANY(${[...userIds]}::uuid[])`;
}

import type { Transaction } from '../platform/database/client.js';
import { Prisma } from '../platform/database/generated/client.js';
import type { PolicyColumns } from './policy-rules.js';
import { JOIN_POLICY, POLICY_JSON } from './policy-sql.js';

/** A user, and the policy that applies to the user. */
export interface UserPolicyRow {
  userId: string;
  policy: PolicyColumns | null;
}

/** Finds the policies that apply to users. Unknown users have no row. It is SQL because Prisma cannot join by an expression. */
export function findPolicyRows(database: Transaction, userIds: readonly string[]): Promise<UserPolicyRow[]> {
  return database.$queryRaw<UserPolicyRow[]>`
    SELECT u.id AS "userId", ${Prisma.raw(POLICY_JSON)} AS policy FROM users u ${Prisma.raw(JOIN_POLICY)}
    WHERE u.id = ANY(${[...userIds]}::uuid[])`;
}

import type { Transaction } from '../platform/database/client.js';
import type { PolicyColumns } from './policy-rules.js';

/** A user, and the policy that applies to the user. */
export interface UserPolicyRow {
  userId: string;
  policy: PolicyColumns | null;
}

/** Finds the policies that apply to users. Unknown users have no row. It is SQL because Prisma cannot join by an expression. */
export function findPolicyRows(database: Transaction, userIds: readonly string[]): Promise<UserPolicyRow[]> {
  return database.$queryRaw<UserPolicyRow[]>`
    SELECT u.id AS "userId", CASE WHEN p.id IS NOT NULL THEN json_build_object(
      'id', p.id, 'name', p.name, 'limitsScopes', p.limits_scopes, 'scopes', p.scopes, 'keysMax', p.keys_max,
      'ownerRateLimit', p.owner_rate_limit, 'ownerRateLimitWindowSeconds', p.owner_rate_limit_window_seconds,
      'keyLifetimeDaysMax', p.key_lifetime_days_max, 'expiryRequired', p.expiry_required, 'allowedCidrs', p.allowed_cidrs) END AS policy
    FROM users u LEFT JOIN policies p ON p.id = coalesce(u.policy_id, (SELECT d.id FROM policies d WHERE d.name = 'default'))
    WHERE u.id = ANY(${[...userIds]}::uuid[])`;
}

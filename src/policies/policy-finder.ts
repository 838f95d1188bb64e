import type { Transaction } from '../platform/database/client.js';
import { findPolicyRows } from './policy-finder.queries.js';
import { DEFAULT_POLICY_NAME, type PolicyRules, rulesOf } from './policy-rules.js';

/**
 * Returns the policy that applies to a user: the user's own, else the policy named `default`. Null if there is neither. The user may
 * not exist yet.
 *
 * @param userId null for a user that does not exist yet
 */
export async function findPolicyOf(database: Transaction, userId: string | null): Promise<PolicyRules | null> {
  if (userId !== null) {
    const [row] = await findPolicyRows(database, [userId]);
    if (row) return row.policy && rulesOf(row.policy);
  }
  const row = await database.policy.findUnique({ where: { name: DEFAULT_POLICY_NAME } });
  return row && rulesOf(row);
}

/** Returns the policies with these names, by name. */
export async function findPoliciesNamed(database: Transaction, names: readonly string[]): Promise<Map<string, PolicyRules>> {
  if (names.length === 0) return new Map();
  const rows = await database.policy.findMany({ where: { name: { in: [...names] } } });
  return new Map(rows.map((row) => [row.name, rulesOf(row)]));
}

/** Returns the policies that apply to users, by user, in one query. Users without a policy, and unknown ones, are absent. */
export async function findPoliciesOf(database: Transaction, userIds: readonly string[]): Promise<Map<string, PolicyRules>> {
  if (userIds.length === 0) return new Map();
  const rows = await findPolicyRows(database, userIds);
  const rules = new Map<string, PolicyRules>();
  const shared = (row: Parameters<typeof rulesOf>[0]): PolicyRules => {
    const known = rules.get(row.id) ?? rulesOf(row);
    rules.set(row.id, known);
    return known;
  };
  return new Map(rows.flatMap(({ userId, policy }) => (policy ? [[userId, shared(policy)] as const] : [])));
}

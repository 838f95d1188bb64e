import type { Database, Transaction } from '../platform/database/client.js';

/**
 * Lets one transaction at a time change policies, so that the number of policies cannot exceed its limit, and the recorded values
 * before and after a change are exact. Users can be given a policy meanwhile: that takes a weaker lock.
 */
export async function lockPolicies(transaction: Transaction): Promise<void> {
  await transaction.$executeRaw`LOCK TABLE policies IN SHARE ROW EXCLUSIVE MODE`;
}

/** Counts the users of policies. Policies without users have no entry. */
export async function countUsersOf(database: Database, policyIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await database.$queryRaw<{ id: string; users: number }[]>`
    SELECT policy_id AS id, count(*)::int AS users FROM users WHERE policy_id = ANY(${[...policyIds]}::uuid[]) GROUP BY policy_id`;
  return new Map(rows.map(({ id, users }) => [id, users]));
}

import type { Database, Transaction } from '../platform/database/client.js';
import { isPolicyName } from './policy-settings.js';

/** Returns the id of the policy with a name. Null if no policy has the name. */
export async function findPolicyId(database: Database | Transaction, name: string): Promise<string | null> {
  if (!isPolicyName(name)) return null;
  const policy = await database.policy.findUnique({ where: { name }, select: { id: true } });
  return policy?.id ?? null;
}

import type { Transaction } from '../platform/database/client.js';
import { KeywardError } from '../platform/errors/keyward-error.js';
import type { PolicyRules } from '../policies/policy-rules.js';
import { countedAt } from './api-key-status.js';

/** Returns the maximum number of usable keys of a user. @param keysPerUserMax as configured, for users with a policy without a maximum */
export const keysMaxOf = (policy: Pick<PolicyRules, 'keysMax'> | null, keysPerUserMax: number): number => policy?.keysMax ?? keysPerUserMax;

/** Returns the number of the user's keys that count against the limit. */
export const countUsed = (database: Transaction, userId: string, policy: PolicyRules | null, now: Date): Promise<number> =>
  database.apiKey.count({ where: { userId, AND: countedAt(now, policy) } });

/** @throws {KeywardError} API_KEY_LIMIT_REACHED if the user already has the maximum number of usable keys */
export async function refuseAtLimit(
  database: Transaction,
  userId: string,
  { policy, keysPerUserMax, now }: { policy: PolicyRules | null; keysPerUserMax: number; now: Date },
): Promise<void> {
  const limit = keysMaxOf(policy, keysPerUserMax);
  if ((await countUsed(database, userId, policy, now)) < limit) return;
  throw new KeywardError('API_KEY_LIMIT_REACHED', `You can have at most ${limit} usable API keys. Revoke one first.`, { limit });
}

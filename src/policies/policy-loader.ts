import DataLoader from 'dataloader';
import type { Database } from '../platform/database/client.js';
import { findPoliciesOf } from './policy-finder.js';
import type { PolicyRules } from './policy-rules.js';

/** Loads the policies that apply to users, by the ID of the user. One query loads all the policies that a request needs. */
export type PolicyLoader = DataLoader<string, PolicyRules | null>;

/** @param options.cache false if a later load of the same user is to read again, because the loader outlives a request */
export function createPolicyLoader(database: Database, options: { cache?: boolean } = {}): PolicyLoader {
  return new DataLoader(async (userIds: readonly string[]) => {
    const policies = await findPoliciesOf(database, userIds);
    return userIds.map((userId) => policies.get(userId) ?? null);
  }, options);
}

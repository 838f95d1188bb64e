import DataLoader from 'dataloader';
import type { Database } from '../platform/database/client.js';
import type { Policy } from '../platform/database/generated/client.js';
import { inOrderOf } from '../platform/database/in-order-of.js';
import { countUsersOf } from './policy-administration.queries.js';

/** Loads policies for the resolvers of one request. One query loads all that the request needs. */
export interface PolicyRowLoaders {
  byId: DataLoader<string, Policy | null>;
  /** Number of users who have a policy of their own, by the id of the policy. */
  userCount: DataLoader<string, number>;
}

export const createPolicyRowLoaders = (database: Database): PolicyRowLoaders => ({
  byId: new DataLoader(async (ids: readonly string[]) =>
    inOrderOf(ids, await database.policy.findMany({ where: { id: { in: [...ids] } } })),
  ),
  userCount: new DataLoader(async (ids: readonly string[]) => {
    const counts = await countUsersOf(database, ids);
    return ids.map((id) => counts.get(id) ?? 0);
  }),
});

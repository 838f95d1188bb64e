import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { User as UserRow } from '../auth/accounts/users.js';
import { User } from '../auth/auth.graphql.js';
import type { PoliciesContext } from './policies-context.js';
import { Policy } from './policy.graphql.js';
import type { Policy as PolicyRow } from './policy-administration.js';

/** The policy of a user, as a field of User. */
@Resolver(() => User)
export class UserPolicyResolver {
  @FieldResolver(() => Policy, {
    nullable: true,
    description:
      'The user’s own policy. Null if the user has none: the policy named `default` then applies, or the settings if there is no such policy.',
  })
  async policy(@Root() { policyId }: UserRow, @Ctx() { policyRows }: PoliciesContext): Promise<PolicyRow | null> {
    return policyId === null ? null : policyRows.byId.load(policyId);
  }
}

import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { ForServices } from '../auth/access-middleware.js';
import { CurrentService } from '../auth/auth-context.js';
import type { ServiceCaller } from '../auth/caller.js';
import { listCost } from '../platform/graphql/cost.js';
import { CHANGE_COST, POLICY_LIMITS } from '../platform/limits.js';
import type { PoliciesContext } from './policies-context.js';
import { DeletePolicyPayload, Policy } from './policy.graphql.js';
import type { PolicyAdministration, Policy as PolicyRow } from './policy-administration.js';
import { rulesOf } from './policy-rules.js';
import { RateLimit } from './rate-limit.graphql.js';

const isForService = async ({ authentication }: PoliciesContext): Promise<boolean> => (await authentication.caller()).kind === 'service';

/** Reads and deletes policies. `management` creates and changes them, because the results lead to keys. */
@Resolver(() => Policy)
export class PolicyResolver {
  readonly #policies: PolicyAdministration;

  constructor(policies: PolicyAdministration) {
    this.#policies = policies;
  }

  @ForServices('any')
  @Query(() => [Policy], { complexity: listCost(POLICY_LIMITS.policiesMax), description: 'All policies, by name. There are at most 500.' })
  policies(): Promise<PolicyRow[]> {
    return this.#policies.list();
  }

  @ForServices('policies:write')
  @Mutation(() => DeletePolicyPayload, {
    complexity: CHANGE_COST,
    description:
      'Deletes a policy. CONFLICT while users have it. If it is named `default`, users without a policy of their own have no ceilings from the next verification on. NOT_FOUND if there is no policy with this ID.',
  })
  async deletePolicy(
    @Arg('id', () => ID, { description: 'ID of the policy to delete.' }) id: string,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<DeletePolicyPayload> {
    await this.#policies.delete(id, actor);
    return { deleted: true };
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Description of the policy. Null if it has none, and for every caller that is not a service.',
  })
  async description(@Root() { description }: PolicyRow, @Ctx() context: PoliciesContext): Promise<string | null> {
    return (await isForService(context)) ? description : null;
  }

  @FieldResolver(() => [String], {
    nullable: true,
    description: 'Scopes and patterns that keys may have. Null if the policy permits every scope.',
  })
  scopes(@Root() policy: PolicyRow): readonly string[] | null {
    return rulesOf(policy).scopes;
  }

  @FieldResolver(() => RateLimit, {
    nullable: true,
    description: 'Rate limit that all keys of an owner share. Null if the policy has no such limit.',
  })
  ownerRateLimit(@Root() policy: PolicyRow): RateLimit | null {
    return rulesOf(policy).ownerRateLimit;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: 'Number of users who have this policy of their own. Null for every caller that is not a service.',
  })
  async userCount(@Root() { id }: PolicyRow, @Ctx() context: PoliciesContext): Promise<number | null> {
    return (await isForService(context)) ? context.policyRows.userCount.load(id) : null;
  }
}

import { Arg, FieldResolver, ID, Int, Mutation, Resolver, Root } from 'type-graphql';
import { ApiKey } from '../api-keys/api-key.graphql.js';
import type { ApiKey as ApiKeyRow } from '../api-keys/api-key-service.js';
import { ForServices } from '../auth/access-middleware.js';
import { CurrentService } from '../auth/auth-context.js';
import type { ServiceCaller } from '../auth/caller.js';
import { listCost } from '../platform/graphql/cost.js';
import { CHANGE_COST, POLICY_LIMITS } from '../platform/limits.js';
import { PolicyInput } from '../policies/policy.graphql.js';
import { PolicyPayload } from './management-policies.graphql.js';
import type { PlannedPolicy, PolicyPlanning } from './policy-planning.js';

/** Creates and changes policies for services. */
@Resolver(() => PolicyPayload)
export class ManagementPoliciesResolver {
  readonly #planning: PolicyPlanning;

  constructor(planning: PolicyPlanning) {
    this.#planning = planning;
  }

  @ForServices('policies:write')
  @Mutation(() => PolicyPayload, {
    complexity: CHANGE_COST,
    description:
      'Creates a policy. CONFLICT if a policy has the name. A policy named `default` applies to users without a policy of their own from the next verification on.',
  })
  createPolicy(
    @Arg('input', () => PolicyInput, { description: 'Settings of the policy. A setting that is absent limits nothing.' })
    input: PolicyInput,
    @Arg('dryRun', () => Boolean, { defaultValue: false, description: 'Whether to return the result without creating the policy.' })
    isDryRun: boolean,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<PlannedPolicy> {
    return this.#planning.create(input, isDryRun, actor);
  }

  @ForServices('policies:write')
  @Mutation(() => PolicyPayload, {
    complexity: CHANGE_COST,
    description:
      'Changes a policy, with effect from the next verification of each key. The name of a policy never changes. NOT_FOUND if there is no policy with this ID.',
  })
  updatePolicy(
    @Arg('id', () => ID, { description: 'ID of the policy to change.' }) id: string,
    @Arg('input', () => PolicyInput, { description: 'Settings to change. An absent field is unchanged, null clears a setting.' })
    input: PolicyInput,
    @Arg('dryRun', () => Boolean, { defaultValue: false, description: 'Whether to return the result without changing the policy.' })
    isDryRun: boolean,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<PlannedPolicy> {
    return this.#planning.update(id, input, isDryRun, actor);
  }

  @FieldResolver(() => Int, {
    description:
      'Number of usable keys that lose a scope, an address or lifetime by the change. If there are too many to count in time, it is the number of those that were found.',
  })
  async affectedKeys(@Root() { impact }: PlannedPolicy): Promise<number> {
    return (await impact()).affectedKeys;
  }

  @FieldResolver(() => Boolean, { description: 'Whether all affected keys were counted. False if there may be more.' })
  async affectedKeysIsComplete(@Root() { impact }: PlannedPolicy): Promise<boolean> {
    return (await impact()).isComplete;
  }

  @FieldResolver(() => [ApiKey], {
    complexity: listCost(POLICY_LIMITS.sampleMax),
    description: 'At most 20 of the affected keys. FORBIDDEN for a service without the permission keys:read.',
  })
  async sample(@Root() { impact }: PlannedPolicy): Promise<ApiKeyRow[]> {
    return (await impact()).sample;
  }
}

import { Field, ObjectType } from 'type-graphql';
import { BelongsToNoUser } from '../auth/ownership-middleware.js';
import { Policy } from '../policies/policy.graphql.js';

@BelongsToNoUser()
@ObjectType({ description: 'Result of `createPolicy` and `updatePolicy`.' })
export class PolicyPayload {
  @Field(() => Policy, { description: 'The policy after the change. For a dry run, the policy as it would be.' })
  readonly policy!: Policy;
}

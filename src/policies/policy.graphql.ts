import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { RateLimitInput } from './rate-limit.graphql.js';

@ObjectType({
  description:
    'A policy: ceilings for the API keys of users, which bind at each verification. The policy named `default` applies to users without a policy of their own.',
})
export class Policy {
  @Field(() => ID, { description: 'ID of the policy. It never changes.' })
  readonly id!: string;

  @Field(() => String, { description: 'Name of the policy. It is unique and never changes.' })
  readonly name!: string;

  @Field(() => Int, { nullable: true, description: 'Maximum number of usable keys of a user. Null if `MAX_KEYS_PER_USER` applies.' })
  readonly keysMax!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Maximum lifetime of a key in days, from its creation or import. Null if the policy permits any lifetime.',
  })
  readonly keyLifetimeDaysMax!: number | null;

  @Field(() => Boolean, { description: 'Whether every new key needs an expiry.' })
  readonly expiryRequired!: boolean;

  @Field(() => [String], {
    description: 'Addresses and CIDR ranges from which keys may be used. An empty list permits every address.',
  })
  readonly allowedCidrs!: string[];
}

@InputType({
  description:
    'Settings of a policy. In `updatePolicy`, an absent field is unchanged. Null clears a setting: the policy then does not limit it.',
})
export class PolicyInput {
  @Field(() => String, {
    nullable: true,
    description:
      'Name of the policy: 1 to 64 lower-case letters, digits and hyphens, beginning with a letter. Required by `createPolicy`. It never changes.',
  })
  readonly name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Description for services and the operator, at most 500 characters. Null clears it.',
  })
  readonly description?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Scopes and patterns that keys may have, at most 50. An empty list permits no scope, null every scope.',
  })
  readonly scopes?: string[] | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Maximum number of usable keys of a user: 0 to 1,000. Null if `MAX_KEYS_PER_USER` applies.',
  })
  readonly keysMax?: number | null;

  @Field(() => RateLimitInput, {
    nullable: true,
    description: 'Rate limit that all keys of an owner share. Null if the policy has no such limit.',
  })
  readonly ownerRateLimit?: RateLimitInput | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Maximum lifetime of a key in days: 1 to 3,650. Null if the policy permits any lifetime.',
  })
  readonly keyLifetimeDaysMax?: number | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether every new key needs an expiry. Must not be null.' })
  readonly expiryRequired?: boolean | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Addresses and CIDR ranges from which keys may be used, at most 50. An empty list, or null, permits every address.',
  })
  readonly allowedCidrs?: string[] | null;
}

@ObjectType({ description: 'Result of `deletePolicy`.' })
export class DeletePolicyPayload {
  @Field(() => Boolean, { description: 'Always true. The policy is deleted.' })
  readonly deleted!: boolean;
}

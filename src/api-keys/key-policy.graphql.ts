import { Field, Int, ObjectType } from 'type-graphql';
import { RateLimit } from '../policies/rate-limit.graphql.js';

@ObjectType({ description: 'The limits by which an API key is verified: its own settings, narrowed by the policy of its owner.' })
export class EffectiveLimits {
  @Field(() => [String], { description: 'The granted scopes that the policy permits.' })
  readonly scopes!: readonly string[];

  @Field(() => Date, {
    nullable: true,
    description:
      'Time from which the key is rejected: the earlier of its own expiry and the end of the longest lifetime that the policy permits. Null if the key does not expire.',
  })
  readonly expiresAt!: Date | null;

  @Field(() => RateLimit, {
    nullable: true,
    description: 'Rate limit that all keys of the owner share, in addition to the rate limit of the key. Null if there is no such limit.',
  })
  readonly ownerRateLimit!: RateLimit | null;
}

@ObjectType({ description: 'The limits that apply to the API keys of a user, by the policy of the user and the settings of the server.' })
export class KeyPolicy {
  @Field(() => [String], { nullable: true, description: 'Scopes and patterns that can be granted. Null if every scope can be granted.' })
  readonly scopes!: readonly string[] | null;

  @Field(() => Int, { description: 'Maximum number of usable keys.' })
  readonly keysMax!: number;

  @Field(() => Int, {
    description: 'Number of usable keys now. A key in its grace period and the key that replaces it count as one.',
  })
  readonly keysUsed!: number;

  @Field(() => RateLimit, {
    nullable: true,
    description: 'Rate limit that all keys of the user share. Null if there is no such limit.',
  })
  readonly ownerRateLimit!: RateLimit | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Maximum lifetime of a key in days, from its creation or import. Null if every lifetime is permitted.',
  })
  readonly keyLifetimeDaysMax!: number | null;

  @Field(() => Boolean, { description: 'Whether every new key needs an expiry.' })
  readonly expiryRequired!: boolean;

  @Field(() => [String], {
    description:
      'Addresses and CIDR ranges from which keys are accepted, in addition to the list of each key. If the list is empty, every address is accepted.',
  })
  readonly allowedCidrs!: readonly string[];

  @Field(() => Int, { description: 'Number of days before its expiry from which a key expires soon.' })
  readonly expiryWarningDays!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'Address of the person who uses the product: the address of the request, or the address that a service stated in X-Keyward-Client-Address. Null if it is unknown.',
  })
  readonly yourAddress!: string | null;
}

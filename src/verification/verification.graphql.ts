import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { JSONObject } from '../platform/graphql/scalars.js';
import { VerificationCode } from '../usage/verification-code.graphql.js';

@InputType({ description: 'Plaintext key and the request that it is presented for.' })
export class VerifyApiKeyInput {
  @Field(() => String, { description: 'Plaintext key, as the caller presented it.' })
  readonly key!: string;

  @Field(() => [String], { nullable: true, description: 'Scopes that the key must have, at most 50. Null if no scope is required.' })
  readonly scopes?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'IP address of the caller that presents the key. Null if the address is unknown; a key with `allowedCidrs` is then rejected.',
  })
  readonly ipAddress?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'User-Agent of the caller that presents the key, recorded as its last use. Null if it is unknown.',
  })
  readonly userAgent?: string | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether to answer without counting usage and without consuming the rate limit.',
  })
  readonly dryRun!: boolean;
}

// simpleResolvers: the default resolvers of TypeGraphQL create a promise for each field.
@ObjectType({ description: 'State of a rate limit after a verification of an API key.', simpleResolvers: true })
export class RateLimitState {
  @Field(() => Int, { description: 'Number of verifications that succeed in one window.' })
  readonly limit!: number;

  @Field(() => Int, { description: 'Number of verifications left in the current window.' })
  readonly remaining!: number;

  @Field(() => Date, { description: 'Time at which the next window begins.' })
  readonly resetsAt!: Date;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'Result of the verification of an API key. If `code` is MALFORMED or NOT_FOUND, every field except `valid`, `code` and `message` is null, so that nothing about a key is revealed to a caller that does not hold it.',
})
export class ApiKeyVerification {
  @Field(() => Boolean, { description: 'Whether `code` is VALID.' })
  readonly valid!: boolean;

  @Field(() => VerificationCode, {
    description: 'Outcome of the verification. If several reasons for a rejection apply, this is the first one in the order of the checks.',
  })
  readonly code!: VerificationCode;

  @Field(() => String, {
    description: 'The outcome as one sentence for the holder of the key, such as "The key lacks the scope orders:write".',
  })
  readonly message!: string;

  @Field(() => ID, { nullable: true, description: 'ID of the API key. Null if `code` is MALFORMED or NOT_FOUND.' })
  readonly keyId!: string | null;

  @Field(() => ID, { nullable: true, description: 'ID of the user that the key belongs to. Null if `code` is MALFORMED or NOT_FOUND.' })
  readonly ownerId!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'ID of the owner in the product or at the identity provider. Null if the owner has a password, or if `code` is MALFORMED or NOT_FOUND.',
  })
  readonly ownerExternalId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the key. Null if the key has no name, or if `code` is MALFORMED or NOT_FOUND.',
  })
  readonly name!: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Scopes of the key that the policy of its owner permits. Null if `code` is MALFORMED or NOT_FOUND.',
  })
  readonly scopes!: readonly string[] | null;

  @Field(() => JSONObject, {
    nullable: true,
    description: 'JSON that the owner attached to the key. Null if `code` is MALFORMED or NOT_FOUND.',
  })
  readonly metadata!: unknown;

  @Field(() => JSONObject, {
    nullable: true,
    description: 'JSON that the product attached to the key. Null if `code` is MALFORMED or NOT_FOUND.',
  })
  readonly trustedMetadata!: unknown;

  @Field(() => JSONObject, {
    nullable: true,
    description: 'JSON that the product attached to the owner of the key. Null if `code` is MALFORMED or NOT_FOUND.',
  })
  readonly ownerMetadata!: unknown;

  @Field(() => Date, {
    nullable: true,
    description:
      'Time from which the key is rejected, by its own expiry or by the policy of its owner. Null if the key does not expire, or if `code` is MALFORMED or NOT_FOUND.',
  })
  readonly expiresAt!: Date | null;

  @Field(() => RateLimitState, {
    nullable: true,
    description:
      'State of the rate limit of the key, or of all keys of its owner together, after this verification: of the limit that leaves less, or the exceeded one if `code` is RATE_LIMITED. Null if there is no rate limit, or if the key was rejected for another reason before it was checked.',
  })
  readonly rateLimit!: RateLimitState | null;
}

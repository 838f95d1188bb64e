import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { JSONObject } from '../platform/graphql/scalars.js';
import { VerificationCode } from './verification.js';

registerEnumType(VerificationCode, {
  name: 'VerificationCode',
  description: 'What became of a verification.',
  valuesConfig: {
    VALID: { description: 'The key may pass.' },
    MALFORMED: { description: 'This is no key: mistyped, cut off or made up.' },
    NOT_FOUND: { description: 'There is no such key. Its prefix is unknown or its secret is wrong: the same answer for both.' },
    REVOKED: { description: 'Its owner revoked it.' },
    EXPIRED: { description: 'Its time is over.' },
    DISABLED: { description: 'It is switched off.' },
    OWNER_DISABLED: { description: 'Its owner’s account is disabled.' },
    IP_NOT_ALLOWED: { description: 'It may not be used from this address, or the address was not given.' },
    INSUFFICIENT_SCOPE: { description: 'It lacks a scope that is asked for.' },
    RATE_LIMITED: { description: 'It was used too often.' },
  },
});

@InputType({ description: 'A key, and what it is presented for.' })
export class VerifyApiKeyInput {
  @Field(() => String, { description: 'The key as it was presented.' })
  readonly key!: string;

  @Field(() => [String], { nullable: true, description: 'Scopes, each of which it must have, at most 50. Null: none.' })
  readonly scopes?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'The address of the caller that presents the key. Null: not known; then a key with allowedCidrs is refused.',
  })
  readonly ipAddress?: string | null;

  @Field(() => String, { nullable: true, description: 'The caller’s User-Agent, for the key’s last use. Null: not known.' })
  readonly userAgent?: string | null;
}

// Simple: its fields are read as they are. TypeGraphQL's own resolver would make a promise for each.
@ObjectType({ description: 'What is left of a key’s rate limit.', simpleResolvers: true })
export class RateLimitState {
  @Field(() => Int, { description: 'So many verifications are let through in one window.' })
  readonly limit!: number;

  @Field(() => Int, { description: 'So many are left in the current one.' })
  readonly remaining!: number;

  @Field(() => Date, { description: 'When the next window begins.' })
  readonly resetsAt!: Date;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'Whether a key may pass. Everything but valid and code is null for MALFORMED and NOT_FOUND: nothing is told of a key to one who does not hold it.',
})
export class ApiKeyVerification {
  @Field(() => Boolean, { description: 'Whether code is VALID.' })
  readonly valid!: boolean;

  @Field(() => VerificationCode, { description: 'The outcome; of several reasons to refuse the first in the order of the list.' })
  readonly code!: VerificationCode;

  @Field(() => ID, { nullable: true, description: 'Of the key.' })
  readonly keyId!: string | null;

  @Field(() => ID, { nullable: true, description: 'Of the user who holds it.' })
  readonly ownerId!: string | null;

  @Field(() => String, { nullable: true, description: 'What its owner calls it. Null also where it has no name.' })
  readonly name!: string | null;

  @Field(() => [String], { nullable: true, description: 'What it may be used for.' })
  readonly scopes!: readonly string[] | null;

  @Field(() => JSONObject, { nullable: true, description: 'Its owner’s notes.' })
  readonly metadata!: unknown;

  @Field(() => Date, { nullable: true, description: 'From this moment on it is refused. Null also where it does not expire.' })
  readonly expiresAt!: Date | null;

  @Field(() => RateLimitState, {
    nullable: true,
    description: 'Its rate limit after this verification. Null where it has none, or was refused for another reason before.',
  })
  readonly rateLimit!: RateLimitState | null;
}

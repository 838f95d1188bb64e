import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { PageInfo } from '../platform/graphql/page-info.js';
import { JSONObject } from '../platform/graphql/scalars.js';
import { ApiKeyStatus } from './api-key-status.js';

/** A day: time enough to bring the new key everywhere. */
export const GRACE_SECONDS_DEFAULT = 86_400;

registerEnumType(ApiKeyStatus, {
  name: 'ApiKeyStatus',
  description: 'What a key is good for.',
  valuesConfig: {
    ACTIVE: { description: 'It can be used.' },
    ROTATING: { description: 'It can be used until `expiresAt`; another key has taken over.' },
    DISABLED: { description: 'It was switched off, and can be switched on again.' },
    EXPIRED: { description: 'Its time is over, and it never works again.' },
    REVOKED: { description: 'It was revoked by its owner and never works again.' },
  },
});

@ObjectType({ description: 'How often a key may be used.' })
export class RateLimit {
  @Field(() => Int, { description: 'So many verifications are let through in one window.' })
  readonly limit!: number;

  @Field(() => Int, { description: 'How long a window is. It begins with the first verification.' })
  readonly windowSeconds!: number;
}

@InputType({ description: 'How often a key may be used.' })
export class RateLimitInput {
  @Field(() => Int, { description: 'So many verifications are let through in one window: 1 to 1,000,000.' })
  readonly limit!: number;

  @Field(() => Int, { description: 'How long a window is: 1 to 86,400 seconds.' })
  readonly windowSeconds!: number;
}

@ObjectType({ description: 'A key for programs. The key itself is told once, when it is made, and is no field of this type.' })
export class ApiKey {
  @Field(() => ID, { description: 'Never changes.' })
  readonly id!: string;

  @Field(() => String, { description: 'The start of the key, namespace and 8 hex digits: tells keys apart, safe to show and to log.' })
  readonly keyPrefix!: string;

  @Field(() => String, { nullable: true, description: 'What its owner calls it. Null: it has no name.' })
  readonly name!: string | null;

  @Field(() => [String], { description: 'What it may be used for. `orders:*` stands for anything under `orders:`.' })
  readonly scopes!: string[];

  @Field(() => [String], { description: 'The addresses that it may be used from, as CIDR ranges. Empty: any.' })
  readonly allowedCidrs!: string[];

  @Field(() => JSONObject, { description: 'Its owner’s notes, handed to whoever verifies the key.' })
  readonly metadata!: unknown;

  @Field(() => Boolean, { description: 'Whether it is switched on.' })
  readonly enabled!: boolean;

  @Field(() => Date, { description: 'When it was made.' })
  readonly createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'From this moment on it is refused. Null: it does not expire.' })
  readonly expiresAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was revoked. Null: it was not.' })
  readonly revokedAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why it was revoked, in its owner’s words. Null: it was not, or no reason was given.',
  })
  readonly revokedReason!: string | null;
}

@InputType({ description: 'What the new key is like. Everything can be left out.' })
export class CreateApiKeyInput {
  @Field(() => String, { nullable: true, description: 'What to call it, at most 100 characters. Null: no name.' })
  readonly name?: string | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'What it may be used for: at most 50, each of up to 64 lower-case letters, digits and . _ : - (`orders:*` for anything under `orders:`). Left out: nothing that asks for a scope.',
  })
  readonly scopes?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'The addresses that it may be used from: at most 50 CIDR ranges or addresses. Left out: any.',
  })
  readonly allowedCidrs?: string[] | null;

  @Field(() => RateLimitInput, { nullable: true, description: 'How often it may be used. Null: as often as you like.' })
  readonly rateLimit?: RateLimitInput | null;

  @Field(() => JSONObject, {
    nullable: true,
    description: 'Notes for whoever verifies the key, at most 4 KiB of JSON. Left out: none.',
  })
  readonly metadata?: Record<string, unknown> | null;

  @Field(() => Date, { nullable: true, description: 'When it ends: in the future, within 10 years. Null: it does not expire.' })
  readonly expiresAt?: Date | null;
}

@ObjectType({ description: 'The new key, with its plaintext.' })
export class CreateApiKeyPayload {
  @Field(() => ApiKey, { description: 'The new key.' })
  readonly apiKey!: ApiKey;

  @Field(() => String, { description: 'What programs present. It is shown here and never again: keep it now.' })
  readonly plaintextKey!: string;
}

@InputType({ description: 'What to change of a key. A field that is left out stays as it is; the bounds are those of CreateApiKeyInput.' })
export class UpdateApiKeyInput {
  @Field(() => String, { nullable: true, description: 'What to call it. Null: no name.' })
  readonly name?: string | null;

  @Field(() => [String], { nullable: true, description: 'What it may be used for, all of it. Not null.' })
  readonly scopes?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'The addresses that it may be used from, all of them; empty: any. Not null.' })
  readonly allowedCidrs?: string[] | null;

  @Field(() => RateLimitInput, { nullable: true, description: 'How often it may be used. Null: as often as you like.' })
  readonly rateLimit?: RateLimitInput | null;

  @Field(() => JSONObject, { nullable: true, description: 'Notes for whoever verifies the key, all of them. Not null.' })
  readonly metadata?: Record<string, unknown> | null;

  @Field(() => Date, { nullable: true, description: 'When it ends. Null: it does not expire.' })
  readonly expiresAt?: Date | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether it is switched on. Not null.' })
  readonly enabled?: boolean | null;
}

@ObjectType({ description: 'The key that was changed.' })
export class UpdateApiKeyPayload {
  @Field(() => ApiKey, { description: 'The key as it is now.' })
  readonly apiKey!: ApiKey;
}

@ObjectType({ description: 'The key that was revoked.' })
export class RevokeApiKeyPayload {
  @Field(() => ApiKey, { description: 'The key as it is now.' })
  readonly apiKey!: ApiKey;
}

@InputType({ description: 'Options of a rotation.' })
export class RotateApiKeyInput {
  @Field(() => Int, {
    defaultValue: GRACE_SECONDS_DEFAULT,
    description:
      'Seconds for which the old key stays valid: 0 (it ends at once) to 2,592,000, 30 days. It never outlives its own expiry. Only 0 is accepted for a key whose own predecessor is still valid.',
  })
  readonly gracePeriodSeconds!: number;

  @Field(() => Date, {
    nullable: true,
    description: 'When the new key expires: in the future, within 10 years. Absent: when the old key would have. Null: never.',
  })
  readonly expiresAt?: Date | null;
}

@ObjectType({ description: 'The key that takes over, with its plaintext.' })
export class RotateApiKeyPayload {
  @Field(() => ApiKey, { description: 'The new key, with the settings of the old one and the expiry that was asked for.' })
  readonly apiKey!: ApiKey;

  @Field(() => String, { description: 'What programs present from now on. It is shown here and never again: keep it now.' })
  readonly plaintextKey!: string;

  @Field(() => ApiKey, { description: 'The old key, good until its `expiresAt`.' })
  readonly replaced!: ApiKey;
}

@ObjectType({ description: 'A key in a list.' })
export class ApiKeyEdge {
  @Field(() => ApiKey, { description: 'The key.' })
  readonly node!: ApiKey;

  @Field(() => String, { description: 'Where the key is in the list: pass it as `after` to go on from here.' })
  readonly cursor!: string;
}

@ObjectType({ description: 'A page of a list of keys.' })
export class ApiKeyConnection {
  @Field(() => [ApiKeyEdge], { description: 'The keys of the page, in order.' })
  readonly edges!: ApiKeyEdge[];

  @Field(() => PageInfo, { description: 'Where the page is in the list.' })
  readonly pageInfo!: PageInfo;
}

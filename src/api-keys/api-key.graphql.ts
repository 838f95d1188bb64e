import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { BelongsToUser } from '../auth/ownership-middleware.js';
import { PortalPermission } from '../auth/portal-sessions/portal-permission.js';
import { connectionOf } from '../platform/graphql/connection.js';
import { JSONObject } from '../platform/graphql/scalars.js';
import { RateLimitInput } from '../policies/rate-limit.graphql.js';
import { ApiKeyStatus } from './api-key-status.js';

/** Default grace period: one day, to deploy the new key. */
export const GRACE_SECONDS_DEFAULT = 86_400;

registerEnumType(ApiKeyStatus, {
  name: 'ApiKeyStatus',
  description: 'Status of an API key. Computed from its fields when it is read.',
  valuesConfig: {
    ACTIVE: { description: 'The key is valid.' },
    ROTATING: { description: 'A rotation has replaced the key. It stays valid until `expiresAt`.' },
    DISABLED: { description: 'The owner disabled the key and can enable it again.' },
    EXPIRED: {
      description:
        'The key has expired. It becomes valid again only if the policy of its owner ended it before its own expiry, and later permits it.',
    },
    REVOKED: { description: 'The key was revoked and cannot become valid again.' },
  },
});

@BelongsToUser({ service: 'keys:read', portal: PortalPermission.KEYS_READ }, ({ userId }: { userId: string }) => userId)
@ObjectType({
  description: 'An API key. Its plaintext is returned once, by `createApiKey` or `rotateApiKey`, and is never a field of this type.',
})
export class ApiKey {
  @Field(() => ID, { description: 'ID of the API key. It never changes.' })
  readonly id!: string;

  @Field(() => String, {
    description:
      'First part of the key: namespace, underscore and 8 hexadecimal digits. It identifies the key, is not secret and can be displayed and logged.',
  })
  readonly keyPrefix!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Beginning of the key in the system that it was imported from, such as `sk_live_4eC3`. It is not secret, and not unique. Null if the key was not imported from another system, or if its beginning is not known.',
  })
  readonly displayPrefix!: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the key, chosen by its owner. Null if the key has no name.' })
  readonly name!: string | null;

  @Field(() => [String], { description: 'Scopes granted to the key. `orders:*` grants every scope that begins with `orders:`.' })
  readonly scopes!: string[];

  @Field(() => [String], {
    description: 'CIDR ranges of the addresses from which the key is accepted. If the list is empty, every address is accepted.',
  })
  readonly allowedCidrs!: string[];

  @Field(() => JSONObject, { description: 'JSON that the owner attached to the key. Each verification of the key returns it.' })
  readonly metadata!: unknown;

  @Field(() => JSONObject, {
    description: 'JSON that the product attached to the key. The owner cannot change it. Each verification of the key returns it.',
  })
  readonly trustedMetadata!: unknown;

  @Field(() => Boolean, { description: 'Whether the key is enabled. A disabled key is rejected.' })
  readonly enabled!: boolean;

  @Field(() => Date, { description: 'Time at which the key was created.' })
  readonly createdAt!: Date;

  @Field(() => String, {
    nullable: true,
    description:
      'Who created the key at the product, as its backend stated in X-Keyward-Actor. Null if the owner created it, or if the backend did not state it.',
  })
  readonly createdBy!: string | null;

  @Field(() => Date, {
    nullable: true,
    description:
      'Expiry of the key itself. Null if the key has no expiry of its own. `effective` has the time from which the key is rejected.',
  })
  readonly expiresAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time at which the key was revoked. Null if the key is not revoked.' })
  readonly revokedAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Reason for the revocation, as given when the key was revoked. Null if the key is not revoked or no reason was given.',
  })
  readonly revokedReason!: string | null;
}

@InputType({ description: 'Settings of a new API key. Every field is optional.' })
export class CreateApiKeyInput {
  @Field(() => String, { nullable: true, description: 'Name of the key, at most 100 characters. Null if the key has no name.' })
  readonly name?: string | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Scopes to grant: at most 50, each with at most 64 lower-case letters, digits and the characters . _ : - (`orders:*` grants every scope that begins with `orders:`). If absent, the key has no scopes. Must not be null.',
  })
  readonly scopes?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Addresses from which the key is accepted: at most 50 IP addresses or CIDR ranges. If absent or empty, every address is accepted. Must not be null.',
  })
  readonly allowedCidrs?: string[] | null;

  @Field(() => RateLimitInput, {
    nullable: true,
    description: 'Rate limit of the key. Null if the number of verifications is not limited.',
  })
  readonly rateLimit?: RateLimitInput | null;

  @Field(() => JSONObject, {
    nullable: true,
    description:
      'JSON to attach to the key, at most 4 KiB. It is returned when the key is verified. If absent, the metadata is an empty object. Must not be null.',
  })
  readonly metadata?: Record<string, unknown> | null;

  @Field(() => JSONObject, {
    nullable: true,
    description:
      'JSON that the product attaches to the key, at most 4 KiB. FORBIDDEN unless a service of the product acts for the user. Must not be null.',
  })
  readonly trustedMetadata?: Record<string, unknown> | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Time from which the key is rejected: in the future, within 10 years. Null if the key does not expire.',
  })
  readonly expiresAt?: Date | null;
}

@ObjectType({ description: 'Result of `createApiKey`: the new API key and its plaintext.' })
export class CreateApiKeyPayload {
  @Field(() => ApiKey, { description: 'The new API key.' })
  readonly apiKey!: ApiKey;

  @Field(() => String, {
    description: 'Plaintext of the new key, which programs send to authenticate. It is returned only once, so store it now.',
  })
  readonly plaintextKey!: string;
}

@InputType({
  description: 'Changes to the settings of an API key. Absent fields are unchanged. The bounds are those of CreateApiKeyInput.',
})
export class UpdateApiKeyInput {
  @Field(() => String, { nullable: true, description: 'New name of the key. Null if the key is to have no name.' })
  readonly name?: string | null;

  @Field(() => [String], { nullable: true, description: 'New scopes of the key. They replace all its scopes. Must not be null.' })
  readonly scopes?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'New IP addresses and CIDR ranges from which the key is accepted. They replace the whole list. If the list is empty, every address is accepted. Must not be null.',
  })
  readonly allowedCidrs?: string[] | null;

  @Field(() => RateLimitInput, {
    nullable: true,
    description: 'Rate limit of the key. Null if the number of verifications is not limited.',
  })
  readonly rateLimit?: RateLimitInput | null;

  @Field(() => JSONObject, { nullable: true, description: 'New metadata of the key. It replaces all its metadata. Must not be null.' })
  readonly metadata?: Record<string, unknown> | null;

  @Field(() => JSONObject, {
    nullable: true,
    description:
      'New JSON that the product attaches to the key. It replaces the earlier one. FORBIDDEN unless a service of the product acts for the user. Must not be null.',
  })
  readonly trustedMetadata?: Record<string, unknown> | null;

  @Field(() => Date, { nullable: true, description: 'New time from which the key is rejected. Null if the key is not to expire.' })
  readonly expiresAt?: Date | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the key is enabled. Must not be null.' })
  readonly enabled?: boolean | null;
}

@ObjectType({ description: 'Result of `updateApiKey`.' })
export class UpdateApiKeyPayload {
  @Field(() => ApiKey, { description: 'The API key after the update.' })
  readonly apiKey!: ApiKey;
}

@ObjectType({ description: 'Result of `revokeApiKey`.' })
export class RevokeApiKeyPayload {
  @Field(() => ApiKey, { description: 'The revoked API key.' })
  readonly apiKey!: ApiKey;
}

@InputType({ description: 'Options of the rotation of an API key.' })
export class RotateApiKeyInput {
  @Field(() => Int, {
    defaultValue: GRACE_SECONDS_DEFAULT,
    description:
      'Grace period in seconds, for which the replaced key stays valid: 0 (it expires immediately) to 2,592,000 (30 days). The replaced key still expires at its own `expiresAt` if that is earlier. If the predecessor of the key is still valid, only 0 is accepted.',
  })
  readonly gracePeriodSeconds!: number;

  @Field(() => Date, {
    nullable: true,
    description:
      'Time from which the new key is rejected: in the future, within 10 years. If absent, the new key has the expiry of the replaced key. Null if the new key does not expire.',
  })
  readonly expiresAt?: Date | null;
}

@ObjectType({ description: 'Result of `rotateApiKey`: the new API key with its plaintext, and the replaced key.' })
export class RotateApiKeyPayload {
  @Field(() => ApiKey, { description: 'The new API key. It has the settings of the replaced key and the requested expiry.' })
  readonly apiKey!: ApiKey;

  @Field(() => String, {
    description: 'Plaintext of the new key, which programs send to authenticate. It is returned only once, so store it now.',
  })
  readonly plaintextKey!: string;

  @Field(() => ApiKey, { description: 'The replaced API key. It stays valid until its `expiresAt`.' })
  readonly replaced!: ApiKey;
}

export const ApiKeyConnection = connectionOf(ApiKey, {
  name: 'ApiKey',
  noun: 'API key',
  description: 'A page of API keys.',
  edges: 'API keys of the page, in the order of the list.',
});
export type ApiKeyConnection = InstanceType<typeof ApiKeyConnection>;

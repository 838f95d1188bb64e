import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { listCost } from '../platform/graphql/cost.js';
import { JSONObject } from '../platform/graphql/scalars.js';
import { IMPORT_LIMITS } from '../platform/limits.js';
import { RateLimitInput } from '../policies/rate-limit.graphql.js';

export enum ImportHashAlgorithm {
  SHA256 = 'sha256',
  SHA512 = 'sha512',
  BCRYPT = 'bcrypt',
}

registerEnumType(ImportHashAlgorithm, {
  name: 'ImportHashAlgorithm',
  description: 'How another system hashed its API keys. Keys that were hashed by HMAC can be imported by the command line only.',
  valuesConfig: {
    SHA256: { description: 'SHA-256 of the key or of a part of it.' },
    SHA512: { description: 'SHA-512 of the key or of a part of it.' },
    BCRYPT: { description: 'The bcrypt hash of the whole key, with a cost from 4 to 14.' },
  },
});

export enum ImportHashEncoding {
  HEX = 'hex',
  BASE64 = 'base64',
  BASE64URL = 'base64url',
}

registerEnumType(ImportHashEncoding, {
  name: 'ImportHashEncoding',
  description: 'How the bytes of a hash are written.',
  valuesConfig: {
    HEX: { description: 'Hexadecimal digits, in either case.' },
    BASE64: { description: 'Base64. The padding is optional.' },
    BASE64URL: { description: 'Base64 for URLs. The padding is optional.' },
  },
});

export enum ImportOutcome {
  IMPORTED = 'imported',
  ALREADY_PRESENT = 'present',
  INVALID = 'bad',
}

registerEnumType(ImportOutcome, {
  name: 'ImportOutcome',
  description: 'What became of one key of an import.',
  valuesConfig: {
    IMPORTED: { description: 'The key was imported. In a dry run, it can be imported.' },
    ALREADY_PRESENT: { description: 'The same key of the same owner was imported before. Nothing was changed.' },
    INVALID: { description: 'The key was not imported, for the given reasons.' },
  },
});

@InputType({ description: 'Form of the hashes of one import. It is the same for all keys of a request.' })
export class ImportHashFormInput {
  @Field(() => ImportHashAlgorithm, { description: 'How the keys were hashed.' })
  readonly algorithm!: ImportHashAlgorithm;

  @Field(() => ImportHashEncoding, {
    defaultValue: ImportHashEncoding.HEX,
    description: 'How the hashes are written. Ignored for BCRYPT.',
  })
  readonly encoding!: ImportHashEncoding;

  @Field(() => String, {
    defaultValue: 'whole',
    description:
      'The part of the key that was hashed: `whole`, or `after-first:X` or `after-last:X`, where X is one of . _ ~ + / = : -. For BCRYPT, which hashes the whole key, the part by which the key is found, as `displayPrefix` states it: `before-first:X`, `before-last:X` or `first:N`, with N from 1 to 99.',
  })
  readonly part!: string;
}

@InputType({
  description:
    'An API key of another system to import. The bounds of the settings are those of CreateApiKeyInput, but the key may have expired.',
})
export class ImportApiKeyInput {
  @Field(() => String, { description: 'Hash of the key, in the form of the import.' })
  readonly hash!: string;

  @Field(() => String, {
    nullable: true,
    description: 'ID of the owner in the product. The user is created if it does not exist. Null if `email` is given.',
  })
  readonly externalId?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Email address of the account that owns the key. The account is created without a password if it does not exist. Null if `externalId` is given.',
  })
  readonly email?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Beginning of the key that is shown to its owner: at most ${IMPORT_LIMITS.displayPrefixCharacters} characters. It is not secret. Required for BCRYPT. Null if it is not known.`,
  })
  readonly displayPrefix?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Name of the policy of the owner, if the import creates the owner. An existing owner must have this policy. Null if the owner has no policy of its own, or keeps it.',
  })
  readonly policy?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the key, at most 100 characters. Null if the key has no name.' })
  readonly name?: string | null;

  @Field(() => [String], { nullable: true, description: 'Scopes to grant. Null if the key has no scopes.' })
  readonly scopes?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'IP addresses and CIDR ranges from which the key is accepted. Null if every address is accepted.',
  })
  readonly allowedCidrs?: string[] | null;

  @Field(() => RateLimitInput, { nullable: true, description: 'Rate limit of the key. Null if the key has none.' })
  readonly rateLimit?: RateLimitInput | null;

  @Field(() => JSONObject, { nullable: true, description: 'JSON of the owner to attach to the key. Null if the key has no such JSON.' })
  readonly metadata?: Record<string, unknown> | null;

  @Field(() => JSONObject, { nullable: true, description: 'JSON of the product to attach to the key. Null if the key has no such JSON.' })
  readonly trustedMetadata?: Record<string, unknown> | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the key is enabled. Null if it is.' })
  readonly enabled?: boolean | null;

  @Field(() => Date, { nullable: true, description: 'Time at which the key was created. Null if it is the time of the import.' })
  readonly createdAt?: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Time from which the key is rejected, at most 10 years in the future. Null if the key does not expire.',
  })
  readonly expiresAt?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time at which the key was revoked. Null if the key is not revoked.' })
  readonly revokedAt?: Date | null;

  @Field(() => String, { nullable: true, description: 'Reason for the revocation. Null if the key is not revoked or no reason is known.' })
  readonly revokedReason?: string | null;
}

@InputType({ description: 'A batch of API keys of another system to import.' })
export class ImportApiKeysInput {
  @Field(() => ImportHashFormInput, { description: 'Form of the hashes.' })
  readonly form!: ImportHashFormInput;

  @Field(() => [ImportApiKeyInput], { description: `Keys to import: 1 to ${IMPORT_LIMITS.keysPerRequestMax}.` })
  readonly keys!: ImportApiKeyInput[];

  @Field(() => Boolean, { defaultValue: false, description: 'Whether to check the keys without importing them.' })
  readonly dryRun!: boolean;
}

@ObjectType({ description: 'What became of one key of an import.' })
export class ImportApiKeyResult {
  @Field(() => ImportOutcome, { description: 'Whether the key was imported.' })
  readonly outcome!: ImportOutcome;

  @Field(() => ID, { nullable: true, description: 'ID of the new API key. Null unless this request imported the key.' })
  readonly apiKeyId!: string | null;

  @Field(() => String, { nullable: true, description: 'Key prefix of the new API key. Null unless this request imported the key.' })
  readonly keyPrefix!: string | null;

  @Field(() => [String], { description: 'Why the key was not imported. Empty unless `outcome` is INVALID. No reason repeats a value.' })
  readonly reasons!: string[];
}

@ObjectType({ description: 'Result of `importApiKeys`.' })
export class ImportApiKeysPayload {
  @Field(() => [ImportApiKeyResult], {
    complexity: listCost(IMPORT_LIMITS.keysPerRequestMax),
    description: 'What became of each key, in the order of the request.',
  })
  readonly results!: ImportApiKeyResult[];

  @Field(() => Int, { description: 'Number of users that this request created. In a dry run, the number that it would create.' })
  readonly usersCreated!: number;
}

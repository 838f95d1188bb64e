import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { ApiKeyStatus } from './status.js';

registerEnumType(ApiKeyStatus, {
  name: 'ApiKeyStatus',
  description: 'What a key is good for.',
  valuesConfig: {
    ACTIVE: { description: 'It can be used.' },
    REVOKED: { description: 'It was revoked by its owner and never works again.' },
  },
});

@ObjectType({ description: 'A key for programs. The key itself is told once, when it is made, and is no field of this type.' })
export class ApiKey {
  @Field(() => ID, { description: 'Never changes.' })
  readonly id!: string;

  @Field(() => String, { description: 'The start of the key, namespace and 8 hex digits: tells keys apart, safe to show and to log.' })
  readonly keyPrefix!: string;

  @Field(() => String, { nullable: true, description: 'What its owner calls it. Null: it has no name.' })
  readonly name!: string | null;

  @Field(() => Date, { description: 'When it was made.' })
  readonly createdAt!: Date;

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
}

@ObjectType({ description: 'The new key, with its plaintext.' })
export class CreateApiKeyPayload {
  @Field(() => ApiKey, { description: 'The new key.' })
  readonly apiKey!: ApiKey;

  @Field(() => String, { description: 'What programs present. It is shown here and never again: keep it now.' })
  readonly plaintextKey!: string;
}

@ObjectType({ description: 'The key that was revoked.' })
export class RevokeApiKeyPayload {
  @Field(() => ApiKey, { description: 'The key as it is now.' })
  readonly apiKey!: ApiKey;
}

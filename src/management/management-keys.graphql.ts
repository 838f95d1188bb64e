import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { ApiKey } from '../api-keys/api-key.graphql.js';
import { ApiKeyStatus } from '../api-keys/api-key-status.js';
import { listCost } from '../platform/graphql/cost.js';
import { BULK_REVOCATION_LIMITS } from '../platform/limits.js';

@InputType({
  description:
    'Which API keys to select: those that match every field. A field that is absent or null does not restrict the keys. If a list is empty, no key matches.',
})
export class ApiKeyFilter {
  @Field(() => [ID], { nullable: true, description: 'IDs of the owners of the keys, at most 100.' })
  readonly ownerIds?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'External IDs of the owners of the keys, at most 100.' })
  readonly externalIds?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Key prefixes of the keys, at most 100.' })
  readonly keyPrefixes?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'IDs of the keys, at most 100.' })
  readonly ids?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the policy that the owners of the keys have of their own. If there is no policy with this name, no key matches.',
  })
  readonly policy?: string | null;

  @Field(() => [ApiKeyStatus], { nullable: true, description: 'Current statuses of the keys, at most 100.' })
  readonly statuses?: ApiKeyStatus[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Scope that the keys grant, by themselves or by a pattern: `orders:read` also selects keys with `orders:*`.',
  })
  readonly scope?: string | null;

  @Field(() => Date, { nullable: true, description: 'Time before which the keys were created.' })
  readonly createdBefore?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time after which the keys were created.' })
  readonly createdAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time before which the keys expire. Keys that do not expire are not selected.' })
  readonly expiresBefore?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time before which the keys were created, and since which they were not presented.' })
  readonly unusedSince?: Date | null;
}

@ObjectType({ description: 'Result of `revokeApiKeys`.' })
export class RevokeApiKeysPayload {
  @Field(() => Int, {
    description: 'Number of usable keys that match. If there are too many to count in time, it is the number of those that were counted.',
  })
  readonly matched!: number;

  @Field(() => Int, { description: 'Number of keys that this request revoked. 0 for a dry run.' })
  readonly revoked!: number;

  @Field(() => Boolean, {
    description: 'Whether all matching keys were revoked, or counted for a dry run. If false, send the request again to continue.',
  })
  readonly complete!: boolean;

  @Field(() => [ApiKey], {
    complexity: listCost(BULK_REVOCATION_LIMITS.sampleMax),
    description: 'At most 20 of the revoked keys, or of the matching keys for a dry run.',
  })
  readonly sample!: ApiKey[];
}

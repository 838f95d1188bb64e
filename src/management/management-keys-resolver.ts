import { type GraphQLResolveInfo, Kind } from 'graphql';
import { Arg, Ctx, Info, Int, Mutation, Query, Resolver } from 'type-graphql';
import { ApiKey, ApiKeyConnection } from '../api-keys/api-key.graphql.js';
import type { ApiKeyList } from '../api-keys/api-key-list.js';
import type { KeyFinder } from '../api-keys/key-finder.js';
import { ForServices } from '../auth/access-middleware.js';
import { CurrentService } from '../auth/auth-context.js';
import type { ServiceCaller } from '../auth/caller.js';
import { badUserInput, KeywardError } from '../platform/errors/keyward-error.js';
import { pageCost } from '../platform/graphql/cost.js';
import { CHANGE_COST } from '../platform/limits.js';
import { isKeyPrefix } from '../platform/plaintext-key.js';
import type { BulkRevocation } from './bulk-revocation.js';
import type { ManagementContext } from './management-context.js';
import { ApiKeyFilter, RevokeApiKeysPayload } from './management-keys.graphql.js';

/** Returns whether an argument is a variable of the document. Values in a document are kept with it. */
const isVariable = ({ fieldNodes }: GraphQLResolveInfo, argument: string): boolean =>
  fieldNodes.every((field) => field.arguments?.every(({ name, value }) => name.value !== argument || value.kind === Kind.VARIABLE));

/** Operations of services on the keys of all users. */
@Resolver()
export class ManagementKeysResolver {
  readonly #services: { keyList: ApiKeyList; keyFinder: KeyFinder; bulkRevocation: BulkRevocation };

  constructor(services: { keyList: ApiKeyList; keyFinder: KeyFinder; bulkRevocation: BulkRevocation }) {
    this.#services = services;
  }

  @ForServices('keys:read')
  @Query(() => ApiKeyConnection, {
    description: 'API keys of all users, with any status, newest first. With a filter, a page can be short although `hasNextPage` is true.',
    complexity: pageCost,
  })
  apiKeys(
    @Arg('first', () => Int, { defaultValue: 50, description: 'Maximum number of keys in the page: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor after which the page begins. Null if the page is the first one.' })
    after: string | null | undefined,
    @Arg('filter', () => ApiKeyFilter, { nullable: true, description: 'Which keys to return. Null if all keys are returned.' })
    filter: ApiKeyFilter | null | undefined,
  ): Promise<ApiKeyConnection> {
    return this.#services.keyList.page({ first, after: after ?? null }, filter ?? {});
  }

  @ForServices('keys:read')
  @Query(() => ApiKey, {
    nullable: true,
    description:
      'The API key with a key prefix or a plaintext key. Its secret is not compared. NOT_FOUND if there is no key with this prefix. A plaintext key must be the value of a variable, and sent by POST.',
  })
  async findApiKey(
    @Arg('key', () => String, { description: 'Key prefix or plaintext key of the API key to return.' }) key: string,
    @Ctx() { isPost }: ManagementContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ApiKey> {
    // An address is written to the logs of proxies.
    if (!isKeyPrefix(key.trim()) && !(isPost && isVariable(info, 'key'))) {
      throw badUserInput([{ path: 'key', message: 'must be a key prefix, or the value of a variable that is sent by POST' }]);
    }
    const apiKey = await this.#services.keyFinder.findByPrefix(key);
    if (!apiKey) throw new KeywardError('NOT_FOUND', 'There is no API key with this key prefix.');
    return apiKey;
  }

  @ForServices('keys:write')
  @Mutation(() => RevokeApiKeysPayload, {
    complexity: CHANGE_COST,
    description:
      'Revokes every usable API key that a filter selects, with effect from the next verification. A filter without any field is BAD_USER_INPUT. The request stops after 4 seconds with `complete: false`; send it again to continue.',
  })
  async revokeApiKeys(
    @Arg('filter', () => ApiKeyFilter, { description: 'Which keys to revoke. At least one field must not be null.' }) filter: ApiKeyFilter,
    @Arg('reason', () => String, {
      nullable: true,
      description: 'Reason for the revocation, at most 500 characters, kept with each key. Null if no reason is given.',
    })
    reason: string | null | undefined,
    @Arg('dryRun', () => Boolean, { defaultValue: false, description: 'Whether to count the keys without revoking them.' })
    isDryRun: boolean,
    @CurrentService() { actor }: ServiceCaller,
  ): Promise<RevokeApiKeysPayload> {
    return this.#services.bulkRevocation.run({ filter, reason: reason ?? null, isDryRun }, actor);
  }
}

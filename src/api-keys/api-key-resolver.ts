import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { ForActingServices, ForPortalSessions } from '../auth/access-middleware.js';
import { User } from '../auth/auth.graphql.js';
import { CurrentSubject, type Subject } from '../auth/auth-context.js';
import { PortalPermission } from '../auth/portal-sessions/portal-permission.js';
import { type CostArguments, pageCost } from '../platform/graphql/cost.js';
import { CHANGE_COST } from '../platform/limits.js';
import { rateLimitOf } from '../policies/limit-settings.js';
import { RateLimit } from '../policies/rate-limit.graphql.js';
import {
  ApiKey,
  ApiKeyConnection,
  CreateApiKeyInput,
  CreateApiKeyPayload,
  GRACE_SECONDS_DEFAULT,
  RevokeApiKeyPayload,
  RotateApiKeyInput,
  RotateApiKeyPayload,
  UpdateApiKeyInput,
  UpdateApiKeyPayload,
} from './api-key.graphql.js';
import type { ApiKeyContext } from './api-key-context.js';
import type { ApiKeyQueries } from './api-key-queries.js';
import type { ApiKey as ApiKeyRow, ApiKeyService } from './api-key-service.js';
import { ApiKeyStatus } from './api-key-status.js';
import type { KeyRevocation } from './key-revocation.js';

/**
 * Maximum assumed length of a list of keys. Longer lists are rare, and a higher estimate would allow only a few fields in a
 * query.
 */
const COUNTED_KEYS_MAX = 100;

/**
 * Assumes that the user has the highest number of keys that any user may have, because the policy of the user is not known before a query,
 * and that each of them is in a rotation, which counts two keys as one.
 */
const usableKeysCost = ({ childComplexity, context }: CostArguments): number =>
  1 + Math.min(COUNTED_KEYS_MAX, 2 * (context as ApiKeyContext).highestKeysMax) * childComplexity;

@Resolver(() => ApiKey)
export class ApiKeyResolver {
  readonly #apiKeys: ApiKeyService;
  readonly #revocation: KeyRevocation;
  readonly #queries: ApiKeyQueries;

  constructor(apiKeys: ApiKeyService, revocation: KeyRevocation, queries: ApiKeyQueries) {
    this.#apiKeys = apiKeys;
    this.#revocation = revocation;
    this.#queries = queries;
  }

  @ForActingServices()
  @ForPortalSessions(PortalPermission.KEYS_READ)
  @Query(() => [ApiKey], {
    description: 'Your usable API keys: those that are neither revoked nor expired. Newest first.',
    complexity: usableKeysCost,
  })
  async myApiKeys(@CurrentSubject() { userId }: Subject, @Ctx() { policies }: ApiKeyContext): Promise<ApiKey[]> {
    return this.#queries.listUsable(userId, await policies.load(userId));
  }

  @ForActingServices()
  @ForPortalSessions(PortalPermission.KEYS_READ)
  @Query(() => ApiKeyConnection, {
    description: 'Your revoked and expired API keys. The key that ended most recently is first.',
    complexity: pageCost,
  })
  myApiKeyHistory(
    @Arg('first', () => Int, { defaultValue: 20, description: 'Maximum number of keys in the page: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor after which the page begins. Null if the page is the first one.' })
    after: string | null | undefined,
    @CurrentSubject() { userId }: Subject,
  ): Promise<ApiKeyConnection> {
    return this.#queries.history(userId, { first, after: after ?? null });
  }

  @ForActingServices()
  @ForPortalSessions(PortalPermission.KEYS_READ)
  @Query(() => ApiKey, {
    nullable: true,
    description: 'One of your API keys, with any status. NOT_FOUND if no key has this ID, FORBIDDEN if the key belongs to another user.',
  })
  apiKey(
    @Arg('id', () => ID, { description: 'ID of the API key to return.' }) id: string,
    @CurrentSubject() { userId, actor }: Subject,
  ): Promise<ApiKey> {
    return this.#apiKeys.get(userId, id, actor);
  }

  @ForActingServices()
  @ForPortalSessions(PortalPermission.KEYS_CREATE)
  @Mutation(() => CreateApiKeyPayload, {
    description:
      'Creates an API key and returns its plaintext once. API_KEY_LIMIT_REACHED if you already have the maximum number of usable keys.',
    complexity: CHANGE_COST,
  })
  createApiKey(
    @Arg('input', () => CreateApiKeyInput, {
      nullable: true,
      description: 'Settings of the new key. Null if every setting has its default.',
    })
    input: CreateApiKeyInput | null | undefined,
    @Arg('idempotencyKey', () => String, {
      nullable: true,
      description:
        'Text that identifies the request, 1 to 255 visible ASCII characters. For 24 hours, a repetition creates no second key: it returns CONFLICT, and `extensions.apiKeyId` is the key that the first request created. Null if the request is not protected from repetition.',
    })
    idempotencyKey: string | null | undefined,
    @CurrentSubject() { actor }: Subject,
    @Ctx() { authentication }: ApiKeyContext,
  ): Promise<CreateApiKeyPayload> {
    const owner = {
      find: async () => (await authentication.user())?.id ?? null,
      ensure: () => authentication.ensuredUserId(),
    };
    return this.#apiKeys.create(owner, input ?? {}, actor, idempotencyKey);
  }

  @ForActingServices()
  @ForPortalSessions(PortalPermission.KEYS_UPDATE)
  @Mutation(() => UpdateApiKeyPayload, {
    complexity: CHANGE_COST,
    description:
      'Updates the settings of an API key, with effect from its next verification. Absent fields are unchanged. CONFLICT if the key is revoked or expired or a rotation has replaced it.',
  })
  async updateApiKey(
    @Arg('id', () => ID, { description: 'ID of the API key to update.' }) id: string,
    @Arg('input', () => UpdateApiKeyInput, { description: 'Settings to change. Absent fields are unchanged.' }) input: UpdateApiKeyInput,
    @CurrentSubject() { userId, actor }: Subject,
  ): Promise<UpdateApiKeyPayload> {
    return { apiKey: await this.#apiKeys.update(userId, id, input, actor) };
  }

  @ForActingServices()
  @ForPortalSessions(PortalPermission.KEYS_ROTATE)
  @Mutation(() => RotateApiKeyPayload, {
    complexity: CHANGE_COST,
    description:
      'Replaces an API key by a new one with the same settings. Until the grace period ends, both keys are valid, share one rate limit and count as one key, and the new key can be rotated only with a grace period of 0, which ends it immediately. CONFLICT if a rotation has already replaced the key, or if the key is revoked or expired.',
  })
  rotateApiKey(
    @Arg('id', () => ID, { description: 'ID of the API key to replace.' }) id: string,
    @Arg('input', () => RotateApiKeyInput, {
      nullable: true,
      description: 'Options of the rotation. Null if the grace period is one day and the expiry is unchanged.',
    })
    input: RotateApiKeyInput | null | undefined,
    @Arg('idempotencyKey', () => String, {
      nullable: true,
      description:
        'Text that identifies the request, 1 to 255 visible ASCII characters. For 24 hours, a repetition creates no second key: it returns CONFLICT, and `extensions.apiKeyId` is the key that the first request created. Null if the request is not protected from repetition.',
    })
    idempotencyKey: string | null | undefined,
    @CurrentSubject() { userId, actor }: Subject,
  ): Promise<RotateApiKeyPayload> {
    const rotation = input ?? { gracePeriodSeconds: GRACE_SECONDS_DEFAULT };
    return this.#apiKeys.rotate(userId, id, rotation, actor, idempotencyKey);
  }

  @ForActingServices()
  @ForPortalSessions(PortalPermission.KEYS_REVOKE)
  @Mutation(() => RevokeApiKeyPayload, {
    complexity: CHANGE_COST,
    description:
      'Revokes an API key permanently, with effect from its next verification. Revoking a revoked key changes nothing and returns the same result.',
  })
  async revokeApiKey(
    @Arg('id', () => ID, { description: 'ID of the API key to revoke.' }) id: string,
    @Arg('reason', () => String, {
      nullable: true,
      description: 'Reason for the revocation, at most 500 characters, kept with the key. Null if no reason is given.',
    })
    reason: string | null | undefined,
    @CurrentSubject() { userId, actor }: Subject,
  ): Promise<RevokeApiKeyPayload> {
    return { apiKey: await this.#revocation.revoke(userId, id, reason ?? null, actor) };
  }

  @FieldResolver(() => ApiKeyStatus, { description: 'Current status of the key.' })
  async status(@Root() key: ApiKeyRow, @Ctx() { policies }: ApiKeyContext): Promise<ApiKeyStatus> {
    return this.#queries.statusOf(key, await policies.load(key.userId));
  }

  @FieldResolver(() => Boolean, {
    description: 'Whether the key is usable and expires within 14 days, or within the number of days that the operator has configured.',
  })
  async expiresSoon(@Root() key: ApiKeyRow, @Ctx() { policies }: ApiKeyContext): Promise<boolean> {
    return this.#queries.expiresSoon(key, await policies.load(key.userId));
  }

  @FieldResolver(() => RateLimit, {
    nullable: true,
    description: 'Rate limit of the key. Null if the number of verifications is not limited.',
  })
  rateLimit(@Root() key: ApiKeyRow): RateLimit | null {
    return rateLimitOf(key);
  }

  @FieldResolver(() => ApiKey, {
    nullable: true,
    description: 'The API key that this key replaced. Null if this key was not created by a rotation.',
  })
  async replaces(@Root() key: ApiKeyRow, @Ctx() context: ApiKeyContext): Promise<ApiKey | null> {
    return key.rotatedFromId === null ? null : context.apiKeys.byId.load(key.rotatedFromId);
  }

  @FieldResolver(() => ApiKey, {
    nullable: true,
    description:
      'The API key that replaced this key. If the replacement was itself rotated during the grace period, this is the newest key. Null if this key was not rotated.',
  })
  async replacedBy(@Root() key: ApiKeyRow, @Ctx() context: ApiKeyContext): Promise<ApiKey | null> {
    return key.replacedById === null ? null : context.apiKeys.byId.load(key.replacedById);
  }

  @FieldResolver(() => User, { description: 'The user that the key belongs to.' })
  async owner(@Root() key: ApiKeyRow, @Ctx() context: ApiKeyContext): Promise<User> {
    const owner = await context.users.load(key.userId);
    if (!owner) throw new TypeError('a key without its owner');
    return owner;
  }
}

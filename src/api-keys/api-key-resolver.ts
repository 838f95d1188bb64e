import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { User } from '../auth/auth.graphql.js';
import { CurrentViewer } from '../auth/auth-context.js';
import type { Viewer } from '../auth/sessions/sessions.js';
import { type CostArguments, pageCost } from '../platform/graphql/cost.js';
import { CHANGE_COST } from '../platform/limits.js';
import {
  ApiKey,
  ApiKeyConnection,
  CreateApiKeyInput,
  CreateApiKeyPayload,
  GRACE_SECONDS_DEFAULT,
  RateLimit,
  RevokeApiKeyPayload,
  RotateApiKeyInput,
  RotateApiKeyPayload,
  UpdateApiKeyInput,
  UpdateApiKeyPayload,
} from './api-key.graphql.js';
import type { ApiKeyContext } from './api-key-context.js';
import type { ApiKeyQueries } from './api-key-queries.js';
import type { ApiKey as ApiKeyRow, ApiKeyService } from './api-key-service.js';
import { rateLimitOf } from './api-key-settings.js';
import { ApiKeyStatus } from './api-key-status.js';

/** Beyond as many a list of keys counts as no longer: it is rare, and would have to be asked for field by field. */
const COUNTED_KEYS_MAX = 100;

/** A user has as many keys as are allowed, and each of them may be in the course of a rotation. */
const usableKeysCost = ({ childComplexity, context }: CostArguments): number =>
  1 + Math.min(COUNTED_KEYS_MAX, 2 * (context as ApiKeyContext).keysPerUserMax) * childComplexity;

@Resolver(() => ApiKey)
export class ApiKeyResolver {
  readonly #apiKeys: ApiKeyService;
  readonly #queries: ApiKeyQueries;

  constructor(apiKeys: ApiKeyService, queries: ApiKeyQueries) {
    this.#apiKeys = apiKeys;
    this.#queries = queries;
  }

  @Query(() => [ApiKey], { description: 'Your usable keys, newest first.', complexity: usableKeysCost })
  myApiKeys(@CurrentViewer() viewer: Viewer): Promise<ApiKey[]> {
    return this.#queries.listUsable(viewer.user.id);
  }

  @Query(() => ApiKeyConnection, {
    description: 'Your revoked and expired keys, the one that ended last first.',
    complexity: pageCost,
  })
  myApiKeyHistory(
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many at most: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'A cursor: the page begins behind it. Null: at the beginning.' })
    after: string | null | undefined,
    @CurrentViewer() viewer: Viewer,
  ): Promise<ApiKeyConnection> {
    return this.#queries.history(viewer.user.id, { first, after: after ?? null });
  }

  @Query(() => ApiKey, {
    nullable: true,
    description: 'One of your keys, whatever its status. NOT_FOUND where there is none, FORBIDDEN where it is somebody else’s.',
  })
  apiKey(
    @Arg('id', () => ID, { description: 'Of the key.' }) id: string,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: ApiKeyContext,
  ): Promise<ApiKey> {
    return this.#apiKeys.get(viewer.user.id, id, context);
  }

  @Mutation(() => CreateApiKeyPayload, {
    description: 'Makes a key. API_KEY_LIMIT_REACHED where you have as many as one may have.',
    complexity: CHANGE_COST,
  })
  createApiKey(
    @Arg('input', () => CreateApiKeyInput, { nullable: true, description: 'What the key is like. Null: nothing in particular.' })
    input: CreateApiKeyInput | null | undefined,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: ApiKeyContext,
  ): Promise<CreateApiKeyPayload> {
    return this.#apiKeys.create(viewer.user.id, input ?? {}, context);
  }

  @Mutation(() => UpdateApiKeyPayload, {
    complexity: CHANGE_COST,
    description:
      'Changes a key, from its next verification on. A field that is left out stays as it is. CONFLICT for a key that was revoked, has expired or is being replaced.',
  })
  async updateApiKey(
    @Arg('id', () => ID, { description: 'Of the key.' }) id: string,
    @Arg('input', () => UpdateApiKeyInput, { description: 'What to change.' }) input: UpdateApiKeyInput,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: ApiKeyContext,
  ): Promise<UpdateApiKeyPayload> {
    return { apiKey: await this.#apiKeys.update(viewer.user.id, id, input, context) };
  }

  @Mutation(() => RotateApiKeyPayload, {
    complexity: CHANGE_COST,
    description:
      'Makes a key that takes over from another one, with the same settings. Both are valid until the grace period ends, share one rate limit and count as one key. Until then the new key can be rotated with a grace period of 0 alone, which ends it at once. CONFLICT while a rotation of the key is still going on, and for a key that was revoked or has expired.',
  })
  rotateApiKey(
    @Arg('id', () => ID, { description: 'Of the key that is replaced.' }) id: string,
    @Arg('input', () => RotateApiKeyInput, { nullable: true, description: 'How. Null: with a grace period of one day.' })
    input: RotateApiKeyInput | null | undefined,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: ApiKeyContext,
  ): Promise<RotateApiKeyPayload> {
    return this.#apiKeys.rotate(viewer.user.id, id, input ?? { gracePeriodSeconds: GRACE_SECONDS_DEFAULT }, context);
  }

  @Mutation(() => RevokeApiKeyPayload, {
    complexity: CHANGE_COST,
    description: 'Revokes a key for good. Doing it again changes nothing and answers as the first time.',
  })
  async revokeApiKey(
    @Arg('id', () => ID, { description: 'Of the key.' }) id: string,
    @Arg('reason', () => String, { nullable: true, description: 'Why, at most 500 characters, for the history. Null: no reason given.' })
    reason: string | null | undefined,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: ApiKeyContext,
  ): Promise<RevokeApiKeyPayload> {
    return { apiKey: await this.#apiKeys.revoke(viewer.user.id, id, reason ?? null, context) };
  }

  @FieldResolver(() => ApiKeyStatus, { description: 'What it is good for now.' })
  status(@Root() key: ApiKeyRow): ApiKeyStatus {
    return this.#queries.statusOf(key);
  }

  @FieldResolver(() => Boolean, {
    description: 'Whether it can be used still and ends within 14 days, or as many as the operator has set.',
  })
  expiresSoon(@Root() key: ApiKeyRow): boolean {
    return this.#queries.expiresSoon(key);
  }

  @FieldResolver(() => RateLimit, { nullable: true, description: 'How often it may be used. Null: as often as you like.' })
  rateLimit(@Root() key: ApiKeyRow): RateLimit | null {
    return rateLimitOf(key);
  }

  @FieldResolver(() => ApiKey, {
    nullable: true,
    description: 'The key that it was rotated from. Null if it was not created by a rotation.',
  })
  async replaces(@Root() key: ApiKeyRow, @Ctx() context: ApiKeyContext): Promise<ApiKey | null> {
    return key.rotatedFromId === null ? null : context.apiKeys.byId.load(key.rotatedFromId);
  }

  @FieldResolver(() => ApiKey, {
    nullable: true,
    description: 'The key that took over from it: the newest, if that was rotated in turn during the overlap. Null if it was not rotated.',
  })
  async replacedBy(@Root() key: ApiKeyRow, @Ctx() context: ApiKeyContext): Promise<ApiKey | null> {
    return key.replacedById === null ? null : context.apiKeys.byId.load(key.replacedById);
  }

  @FieldResolver(() => User, { description: 'Who holds it.' })
  async owner(@Root() key: ApiKeyRow, @Ctx() context: ApiKeyContext): Promise<User> {
    const owner = await context.users.load(key.userId);
    if (!owner) throw new TypeError('a key without its owner');
    return owner;
  }
}

import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { ForActingServices, ForPortalSessions } from '../auth/access-middleware.js';
import { CurrentSubject, type Subject } from '../auth/auth-context.js';
import { PortalPermission } from '../auth/portal-sessions/portal-permission.js';
import { recordedSource } from '../platform/actor.js';
import { ApiKey } from './api-key.graphql.js';
import type { ApiKeyContext } from './api-key-context.js';
import type { ApiKey as ApiKeyRow } from './api-key-service.js';
import { effectiveLimitsOf, type KeyPolicies } from './key-policies.js';
import { EffectiveLimits, KeyPolicy } from './key-policy.graphql.js';

/** The limits of keys: those of one key as a field of ApiKey, and those of all keys of a user. */
@Resolver(() => ApiKey)
export class KeyPolicyResolver {
  readonly #keyPolicies: KeyPolicies;

  constructor(keyPolicies: KeyPolicies) {
    this.#keyPolicies = keyPolicies;
  }

  @ForActingServices()
  @ForPortalSessions(PortalPermission.KEYS_READ, PortalPermission.KEYS_CREATE)
  @Query(() => KeyPolicy, {
    description: 'The limits that apply to your API keys now, by your policy and the settings of the server, and the number of your keys.',
  })
  async myKeyPolicy(@CurrentSubject() { userId, actor }: Subject): Promise<KeyPolicy> {
    return { ...(await this.#keyPolicies.limitsOf(userId)), yourAddress: recordedSource(actor)?.ipAddress ?? null };
  }

  @FieldResolver(() => EffectiveLimits, {
    description: 'The limits by which the key is verified: its own settings, narrowed by the policy of its owner.',
  })
  async effective(@Root() key: ApiKeyRow, @Ctx() { policies }: ApiKeyContext): Promise<EffectiveLimits> {
    return effectiveLimitsOf(key, await policies.load(key.userId));
  }
}

import type { AuthContext } from '../auth/auth-context.js';
import type { PolicyLoader } from '../policies/policy-loader.js';
import type { UsageLoaders } from '../usage/usage-service.js';
import type { ApiKeyLoaders } from './api-key-loaders.js';
import type { UserKeys } from './user-keys.js';

/** What the resolvers of API keys and their usage read of a request. */
export interface ApiKeyContext extends AuthContext {
  /** Highest number of usable keys that any user may have. The cost of a list of keys depends on it. */
  highestKeysMax: number;
  /** Loads keys by id, all that one request asks for in one query. */
  apiKeys: ApiKeyLoaders;
  /** Loads the policy that applies to a user, all that one request asks for in one query. */
  policies: PolicyLoader;
  /** Reads keys by user, the same part of all that one request asks for in one query. */
  userKeys: UserKeys;
  /** Loads usage by key, all that one request asks for in one query. */
  usage: UsageLoaders;
}

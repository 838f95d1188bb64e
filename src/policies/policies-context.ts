import type { AuthContext } from '../auth/auth-context.js';
import type { PolicyRowLoaders } from './policy-row-loaders.js';

/** What the resolvers of policies read of a request. */
export interface PoliciesContext extends AuthContext {
  /** Loads policies, and the numbers of their users. */
  policyRows: PolicyRowLoaders;
}

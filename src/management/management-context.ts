import type { AuthContext } from '../auth/auth-context.js';

/** What the resolvers of services read of a request. */
export interface ManagementContext extends AuthContext {
  /** Whether the request was sent by POST, so that no variable is in its address. */
  isPost: boolean;
}

import type { RequestContext } from '../platform/graphql/request-context.js';

/** What the resolver of verifications reads of a request. */
export interface VerificationContext extends RequestContext {
  /** The value of the header X-Verifier-Token. Undefined if the header is absent. */
  verifierToken: string | undefined;
}

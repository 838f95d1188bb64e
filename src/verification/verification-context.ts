import type { RequestContext } from '../platform/graphql/request-context.js';

/** Context of a request for the resolver of verifications. */
export interface VerificationContext extends RequestContext {
  /** Value of the header X-Verifier-Token. Undefined if the header is absent. */
  verifierToken: string | undefined;
}

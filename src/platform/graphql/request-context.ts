import type { RequestSource, UserActor } from '../actor.js';
import type { Allowance } from '../rate-limit/fair-use.js';

/** Context of a request for the plugins of Apollo Server. */
export interface RequestContext extends RequestSource {
  /** The sender of the request, as log lines and audit events record it. */
  actor: UserActor;
  /** The bearer token as it was sent. It is only verified for operations that need it. */
  bearerToken: string | undefined;
  /** Turn and cost of the request. */
  allowance: Allowance;
  /** Receives the description of the operation of a valid document, for the log. */
  onOperation(operation: string): void;
}

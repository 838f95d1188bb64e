import type { RequestSource, UserActor } from '../actor.js';
import type { Allowance } from '../rate-limit/fair-use.js';

/** What is known of a request before anything has been asked. */
export interface RequestContext extends RequestSource {
  /** The sender of the request, as log lines and audit events record it. */
  actor: UserActor;
  /** What was sent as a bearer token. Only looked at where a credential is needed. */
  bearerToken: string | undefined;
  /** The request's part of what its user may ask of the server. */
  allowance: Allowance;
  /** Told what a validated document asks, in names of the schema. */
  onOperation(operation: string): void;
}

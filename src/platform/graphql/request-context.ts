import type { Origin } from '../origin.js';
import type { Allowance } from '../rate-limit/fair-use.js';

/** What is known of a request before anything has been asked. */
export interface RequestContext extends Origin {
  /** What was sent as a bearer token. Only looked at where a credential is needed. */
  bearerToken: string | undefined;
  /** The request's part of what its user may ask of the server. */
  allowance: Allowance;
  /** Told what a validated document asks, in names of the schema. */
  onOperation(operation: string): void;
}

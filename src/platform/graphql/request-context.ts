import type { Origin } from '../origin.js';
import type { Allowance } from '../rate-limit/fair-use.js';

/** Context of a request for the plugins of Apollo Server. */
export interface RequestContext extends Origin {
  /** The bearer token as it was sent. It is only verified for operations that need it. */
  bearerToken: string | undefined;
  /** Turn and cost of the request. */
  allowance: Allowance;
  /** Receives the description of the operation of a valid document, for the log. */
  onOperation(operation: string): void;
}

import type { Origin } from '../origin.js';

/** What is known of a request before anything has been asked. */
export interface RequestContext extends Origin {
  /** The Authorization header as it was sent. Only looked at where a credential is needed. */
  authorization: string | undefined;
}

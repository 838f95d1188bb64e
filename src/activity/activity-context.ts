import type { ApiKeyContext } from '../api-keys/api-key-context.js';
import type { KeyEvents } from '../audit/audit-log.js';

/** What the resolvers of events read of a request. */
export interface ActivityContext extends ApiKeyContext {
  /** Loads events by key, the same part of all that one request asks for in one query. */
  keyEvents: KeyEvents;
}

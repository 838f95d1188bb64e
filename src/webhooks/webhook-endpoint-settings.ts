import { refuseFaults } from '../platform/errors/keyward-error.js';
import { WEBHOOK_LIMITS } from '../platform/limits.js';
import { shortTextFault } from '../platform/text.js';
import { SELECTABLE_TYPES } from './event-types.js';
import type { TargetRules } from './target-rules.js';

/** What a caller sets. An absent field is unchanged, or has its default in a new endpoint. */
export interface WebhookEndpointSettings {
  url?: string | null;
  /** Null clears it. */
  description?: string | null;
  eventTypes?: readonly string[] | null;
  enabled?: boolean | null;
}

/** The settings as columns, without `enabled`. */
export interface EndpointColumns {
  url?: string;
  description?: string | null;
  eventTypes?: string[];
}

const KNOWN: ReadonlySet<string> = new Set(SELECTABLE_TYPES);

function eventTypesFault(eventTypes: readonly string[]): string | null {
  const position = eventTypes.findIndex((type) => !KNOWN.has(type));
  return position < 0 ? null : `item ${position + 1} is unknown. The types are ${SELECTABLE_TYPES.join(', ')}`;
}

/**
 * Returns the settings as columns.
 *
 * @param isNew whether the URL is required
 * @throws {KeywardError} BAD_USER_INPUT with every broken rule
 */
export function columnsOf(
  { url, description, eventTypes, enabled }: WebhookEndpointSettings,
  rules: TargetRules,
  { isNew }: { isNew: boolean },
): EndpointColumns {
  refuseFaults('input.', (report) => {
    if (url === null || (url === undefined && isNew)) report('url', url === null ? 'must not be null' : 'is required');
    if (typeof url === 'string') report('url', rules.faultOf(url));
    if (typeof description === 'string') report('description', shortTextFault(description, WEBHOOK_LIMITS.descriptionCharactersMax));
    if (eventTypes === null) report('eventTypes', 'must not be null');
    if (eventTypes) report('eventTypes', eventTypesFault(eventTypes));
    if (enabled === null) report('enabled', 'must not be null');
  });
  return {
    ...(typeof url === 'string' && { url }),
    ...(description !== undefined && { description }),
    ...(eventTypes && { eventTypes: [...new Set(eventTypes)] }),
  };
}

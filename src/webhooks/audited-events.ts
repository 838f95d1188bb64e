import { AuditAction, type AuditEntry } from '../audit/audit-entry.js';
import type { EventType } from './event-types.js';

/** An event of an audited change, and what its data has besides the user and the key. */
interface AuditedEvent {
  type: EventType;
  extra?: (details: Readonly<Record<string, unknown>>) => object;
}

const changed = ({ changed: names }: Readonly<Record<string, unknown>>) => ({ changed: names });

/**
 * The event of each audited action; null if it has no event. The type has a member for every action, so an action cannot be added
 * without a decision about its event.
 */
const EVENT_OF_ACTION: Readonly<Record<AuditAction, AuditedEvent | null>> = {
  [AuditAction.API_KEY_CREATED]: { type: 'api_key.created', extra: () => ({ imported: false }) },
  [AuditAction.API_KEY_IMPORTED]: { type: 'api_key.created', extra: () => ({ imported: true }) },
  [AuditAction.API_KEY_UPDATED]: { type: 'api_key.updated', extra: changed },
  [AuditAction.API_KEY_ROTATED]: { type: 'api_key.rotated', extra: ({ replacedBy }) => ({ replacedBy }) },
  [AuditAction.API_KEY_REVOKED]: { type: 'api_key.revoked' },
  [AuditAction.USER_SIGNED_UP]: { type: 'user.created' },
  [AuditAction.USER_CREATED]: { type: 'user.created' },
  [AuditAction.USER_UPDATED]: { type: 'user.updated', extra: changed },
  [AuditAction.USER_DISABLED]: { type: 'user.disabled' },
  [AuditAction.USER_ENABLED]: { type: 'user.enabled' },
  [AuditAction.USER_DELETED]: { type: 'user.deleted' },
  [AuditAction.USER_SIGNED_IN]: null,
  [AuditAction.USER_SIGN_IN_FAILED]: null,
  [AuditAction.USER_SIGNED_OUT]: null,
  [AuditAction.PASSWORD_CHANGED]: null,
  [AuditAction.PASSWORD_RESET_ISSUED]: null,
  [AuditAction.PASSWORD_RESET]: null,
  [AuditAction.SESSION_ENDED]: null,
  [AuditAction.SESSION_REUSE_DETECTED]: null,
  [AuditAction.PORTAL_SESSION_CREATED]: null,
  [AuditAction.PORTAL_SESSION_ENDED]: null,
  [AuditAction.SERVICE_TOKEN_CREATED]: null,
  [AuditAction.SERVICE_TOKEN_ROTATED]: null,
  [AuditAction.SERVICE_TOKEN_REVOKED]: null,
  [AuditAction.POLICY_CREATED]: null,
  [AuditAction.POLICY_UPDATED]: null,
  [AuditAction.POLICY_DELETED]: null,
  [AuditAction.ACCESS_REFUSED]: null,
  [AuditAction.WEBHOOK_ENDPOINT_CREATED]: null,
  [AuditAction.WEBHOOK_ENDPOINT_UPDATED]: null,
  [AuditAction.WEBHOOK_ENDPOINT_DISABLED]: null,
  [AuditAction.WEBHOOK_ENDPOINT_DELETED]: null,
  [AuditAction.WEBHOOK_SECRET_ROTATED]: null,
  [AuditAction.OPERATOR_READ]: null,
  [AuditAction.USER_EXPORTED]: null,
  [AuditAction.AUDIT_LOG_EXPORTED]: null,
  [AuditAction.AUDIT_LOG_PRUNED]: null,
};

/** An event to write about a user, or about a key of the user. */
export interface EventToWrite {
  type: EventType;
  userId: string;
  apiKeyId: string | null;
  /** What the data has besides the user and the key. */
  extra: object;
}

/** Returns the events of audit entries, in their order. */
export function eventsOf(entries: readonly AuditEntry[]): EventToWrite[] {
  return entries.flatMap(({ action, userId, apiKeyId = null, details = {} }) => {
    const event = EVENT_OF_ACTION[action];
    if (event === null || userId === null) return [];
    return [{ type: event.type, userId, apiKeyId, extra: event.extra?.(details as Record<string, unknown>) ?? {} }];
  });
}

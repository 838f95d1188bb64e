/** Actions that the audit log records. */
export enum AuditAction {
  USER_SIGNED_UP = 'USER_SIGNED_UP',
  USER_SIGNED_IN = 'USER_SIGNED_IN',
  USER_SIGN_IN_FAILED = 'USER_SIGN_IN_FAILED',
  USER_SIGNED_OUT = 'USER_SIGNED_OUT',
  PASSWORD_CHANGED = 'PASSWORD_CHANGED',
  PASSWORD_RESET_ISSUED = 'PASSWORD_RESET_ISSUED',
  PASSWORD_RESET = 'PASSWORD_RESET',
  SESSION_ENDED = 'SESSION_ENDED',
  SESSION_REUSE_DETECTED = 'SESSION_REUSE_DETECTED',
  PORTAL_SESSION_CREATED = 'PORTAL_SESSION_CREATED',
  PORTAL_SESSION_ENDED = 'PORTAL_SESSION_ENDED',
  USER_CREATED = 'USER_CREATED',
  USER_UPDATED = 'USER_UPDATED',
  USER_DISABLED = 'USER_DISABLED',
  USER_ENABLED = 'USER_ENABLED',
  USER_DELETED = 'USER_DELETED',
  API_KEY_CREATED = 'API_KEY_CREATED',
  API_KEY_UPDATED = 'API_KEY_UPDATED',
  API_KEY_ROTATED = 'API_KEY_ROTATED',
  API_KEY_REVOKED = 'API_KEY_REVOKED',
  API_KEY_IMPORTED = 'API_KEY_IMPORTED',
  SERVICE_TOKEN_CREATED = 'SERVICE_TOKEN_CREATED',
  SERVICE_TOKEN_ROTATED = 'SERVICE_TOKEN_ROTATED',
  SERVICE_TOKEN_REVOKED = 'SERVICE_TOKEN_REVOKED',
  POLICY_CREATED = 'POLICY_CREATED',
  POLICY_UPDATED = 'POLICY_UPDATED',
  POLICY_DELETED = 'POLICY_DELETED',
  ACCESS_REFUSED = 'ACCESS_REFUSED',
}

/** An entry to add to the audit log. */
export interface AuditEntry {
  /** Account that the entry belongs to. Null if it is about no account. */
  userId: string | null;
  action: AuditAction;
  /** Key of this user that the action concerns, if any. */
  apiKeyId?: string;
  /**
   * Further details. They can never be deleted and outlive the user and the key, so they must not contain secrets, free text of
   * users or data of another user.
   */
  details?: object;
}

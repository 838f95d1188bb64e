/** What can be done in an account. */
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
  USER_DISABLED = 'USER_DISABLED',
  USER_ENABLED = 'USER_ENABLED',
  USER_DELETED = 'USER_DELETED',
  API_KEY_CREATED = 'API_KEY_CREATED',
  API_KEY_UPDATED = 'API_KEY_UPDATED',
  API_KEY_ROTATED = 'API_KEY_ROTATED',
  API_KEY_REVOKED = 'API_KEY_REVOKED',
  API_KEY_IMPORTED = 'API_KEY_IMPORTED',
  ACCESS_REFUSED = 'ACCESS_REFUSED',
}

/** What is to be kept of something that was done. */
export interface AuditEntry {
  /** In whose account. */
  userId: string;
  action: AuditAction;
  /** What it was done to, where that is a key of this user. */
  apiKeyId?: string;
  /**
   * What else is worth telling. It can never be taken back, and outlives user and key: no secret, no free text of
   * somebody's, nothing of another user's.
   */
  details?: object;
}

import type { AuditAction, VerificationCode } from '../gql/graphql';

/** The events of one key. */
export const keyAudit = {
  API_KEY_CREATED: 'Key created',
  API_KEY_IMPORTED: 'Key imported',
  API_KEY_REVOKED: 'Key revoked',
  API_KEY_ROTATED: 'Key rotated',
  API_KEY_UPDATED: 'Key changed',
} satisfies Partial<Record<AuditAction, string>>;

export const rejections: Record<VerificationCode, string> = {
  DISABLED: 'Key switched off',
  EXPIRED: 'Key expired',
  INSUFFICIENT_SCOPE: 'Scope missing',
  IP_NOT_ALLOWED: 'Address not allowed',
  MALFORMED: 'Malformed key',
  NOT_FOUND: 'Unknown key',
  OWNER_DISABLED: 'Account disabled',
  RATE_LIMITED: 'Rate limit exceeded',
  REVOKED: 'Key revoked',
  VALID: 'Allowed',
};

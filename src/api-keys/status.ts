import type { ApiKey } from '../platform/database/generated/client.js';

/** What a key is good for. Derived, never stored. */
export enum ApiKeyStatus {
  ACTIVE = 'ACTIVE',
  DISABLED = 'DISABLED',
  EXPIRED = 'EXPIRED',
  REVOKED = 'REVOKED',
}

/** Refused from that very instant on. */
export const isExpired = (expiresAt: Date | null, now: Date): boolean => expiresAt !== null && expiresAt <= now;

/** The one rule. */
export function statusOf(key: Pick<ApiKey, 'revokedAt' | 'expiresAt' | 'enabled'>, now: Date): ApiKeyStatus {
  if (key.revokedAt !== null) return ApiKeyStatus.REVOKED;
  if (isExpired(key.expiresAt, now)) return ApiKeyStatus.EXPIRED;
  return key.enabled ? ApiKeyStatus.ACTIVE : ApiKeyStatus.DISABLED;
}

/** The same rule for a query: the keys that count against the limit and are listed, neither revoked nor expired. */
export const usableAt = (now: Date) => ({ revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] });

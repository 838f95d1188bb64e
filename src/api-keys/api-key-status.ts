import type { ApiKey } from '../platform/database/generated/client.js';

/** What a key is good for. Derived, never stored. */
export enum ApiKeyStatus {
  ACTIVE = 'ACTIVE',
  ROTATING = 'ROTATING',
  DISABLED = 'DISABLED',
  EXPIRED = 'EXPIRED',
  REVOKED = 'REVOKED',
}

/** Refused from that very instant on. */
export const isExpired = (expiresAt: Date | null, now: Date): boolean => expiresAt !== null && expiresAt <= now;

export const DAY_MS = 86_400_000;

/** Whether a usable key ends within so many days. */
export const expiresWithin = (key: Pick<ApiKey, 'revokedAt' | 'expiresAt'>, days: number, now: Date): boolean =>
  key.revokedAt === null && key.expiresAt !== null && key.expiresAt > now && key.expiresAt.getTime() <= now.getTime() + days * DAY_MS;

/** The one rule. */
export function statusOf(key: Pick<ApiKey, 'revokedAt' | 'expiresAt' | 'enabled' | 'replacedById'>, now: Date): ApiKeyStatus {
  if (key.revokedAt !== null) return ApiKeyStatus.REVOKED;
  if (isExpired(key.expiresAt, now)) return ApiKeyStatus.EXPIRED;
  if (!key.enabled) return ApiKeyStatus.DISABLED;
  return key.replacedById === null ? ApiKeyStatus.ACTIVE : ApiKeyStatus.ROTATING;
}

/** The same rule for a query: the keys that are listed, neither revoked nor expired. A test holds the two together. */
export const usableAt = (now: Date) => ({ revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] });

/**
 * The keys that count against the limit: the usable ones, of which a key in its grace period and its usable successor are
 * one. A query selects them, so that it also holds under the lock.
 */
export const countedAt = (now: Date) => ({ ...usableAt(now), NOT: { replacedBy: { is: usableAt(now) } } });

/**
 * The keys that can be rotated: usable, not replaced yet, and not the successor in a rotation that is still going on. Such a successor
 * can be rotated with a grace period of 0 alone, which ends it at once: its answer may have been lost, and three keys are never
 * valid for one.
 */
export const rotatableAt = (now: Date, gracePeriodSeconds: number) => ({
  ...usableAt(now),
  replacedById: null,
  ...(gracePeriodSeconds > 0 && { NOT: { replaces: { some: usableAt(now) } } }),
});

import { DAY_MS } from '../platform/clock.js';
import type { ApiKey, Prisma } from '../platform/database/generated/client.js';

/** Status of a key. Computed from its fields, never stored. */
export enum ApiKeyStatus {
  ACTIVE = 'ACTIVE',
  ROTATING = 'ROTATING',
  DISABLED = 'DISABLED',
  EXPIRED = 'EXPIRED',
  REVOKED = 'REVOKED',
}

/** Returns whether a key has expired. It is rejected from `expiresAt` on, inclusive. */
const isExpired = (expiresAt: Date | null, now: Date): boolean => expiresAt !== null && expiresAt <= now;

/** Returns whether the key is usable and expires within `days`. */
export const expiresWithin = (key: Pick<ApiKey, 'revokedAt' | 'expiresAt'>, days: number, now: Date): boolean =>
  key.revokedAt === null && key.expiresAt !== null && key.expiresAt > now && key.expiresAt.getTime() <= now.getTime() + days * DAY_MS;

/** Returns the status of a key: REVOKED before EXPIRED before DISABLED before ROTATING before ACTIVE. */
export function statusOf(key: Pick<ApiKey, 'revokedAt' | 'expiresAt' | 'enabled' | 'replacedById'>, now: Date): ApiKeyStatus {
  if (key.revokedAt !== null) return ApiKeyStatus.REVOKED;
  if (isExpired(key.expiresAt, now)) return ApiKeyStatus.EXPIRED;
  if (!key.enabled) return ApiKeyStatus.DISABLED;
  return key.replacedById === null ? ApiKeyStatus.ACTIVE : ApiKeyStatus.ROTATING;
}

/** A condition to pass as `AND`, which keeps an `OR` and a `NOT` of the caller. Spread into a `where`, it could replace them. */
type Condition = { AND: Prisma.ApiKeyWhereInput[] };

/** Returns the condition for usable keys, neither revoked nor expired. A test compares it with statusOf. */
export const usableAt = (now: Date): Condition => ({
  AND: [{ revokedAt: null }, { OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] }],
});

/**
 * Returns the condition for the keys that count against the limit: the usable keys. A key in its grace period and its usable
 * successor count as one. It is a condition of a query, so that the check also works under the lock.
 */
export const countedAt = (now: Date): Condition => ({ AND: [usableAt(now), { NOT: { replacedBy: { is: usableAt(now) } } }] });

/**
 * Returns the condition for the keys that can be rotated: usable, not replaced, and not the successor in a rotation in progress.
 * Such a successor can be rotated only with a grace period of 0, which ends it immediately: the response with its plaintext may
 * have been lost, and at most two keys of a lineage are valid at a time.
 */
export const rotatableAt = (now: Date, gracePeriodSeconds: number): Condition => ({
  AND: [usableAt(now), { replacedById: null }, gracePeriodSeconds > 0 ? { NOT: { replaces: { some: usableAt(now) } } } : {}],
});

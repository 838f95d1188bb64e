import { DAY_MS } from '../platform/clock.js';
import type { ApiKey, Prisma } from '../platform/database/generated/client.js';
import { effectiveExpiry } from '../policies/effective-limits.js';
import type { PolicyRules } from '../policies/policy-rules.js';

/** Status of a key. Computed from its fields, never stored. */
export enum ApiKeyStatus {
  ACTIVE = 'ACTIVE',
  ROTATING = 'ROTATING',
  DISABLED = 'DISABLED',
  EXPIRED = 'EXPIRED',
  REVOKED = 'REVOKED',
}

/** What the effective expiry of a key depends on beside the key. Null if no policy applies. */
export type Lifetime = Pick<PolicyRules, 'keyLifetimeDaysMax'> | null;

type Expiring = Pick<ApiKey, 'createdAt' | 'importedAt' | 'expiresAt'>;

/** Returns whether a key has expired, by itself or by the policy of its owner. It is rejected from its effective expiry on, inclusive. */
function isExpired(key: Expiring, lifetime: Lifetime, now: Date): boolean {
  const expiry = effectiveExpiry(key, lifetime);
  return expiry !== null && expiry <= now;
}

/** Returns whether the key is usable and expires within `days`. */
export function expiresWithin(key: Expiring & Pick<ApiKey, 'revokedAt'>, lifetime: Lifetime, days: number, now: Date): boolean {
  const expiry = effectiveExpiry(key, lifetime);
  return key.revokedAt === null && expiry !== null && expiry > now && expiry.getTime() <= now.getTime() + days * DAY_MS;
}

/** Returns the status of a key: REVOKED before EXPIRED before DISABLED before ROTATING before ACTIVE. */
export function statusOf(
  key: Expiring & Pick<ApiKey, 'revokedAt' | 'enabled' | 'replacedById'>,
  lifetime: Lifetime,
  now: Date,
): ApiKeyStatus {
  if (key.revokedAt !== null) return ApiKeyStatus.REVOKED;
  if (isExpired(key, lifetime, now)) return ApiKeyStatus.EXPIRED;
  if (!key.enabled) return ApiKeyStatus.DISABLED;
  return key.replacedById === null ? ApiKeyStatus.ACTIVE : ApiKeyStatus.ROTATING;
}

/** A condition to pass as `AND`, which keeps an `OR` and a `NOT` of the caller. Spread into a `where`, it could replace them. */
type Condition = { AND: Prisma.ApiKeyWhereInput[] };

/** Returns the condition for keys of which the permitted lifetime has not passed. */
function withinLifetime(now: Date, lifetime: Lifetime): Prisma.ApiKeyWhereInput {
  if (lifetime === null || lifetime.keyLifetimeDaysMax === null) return {};
  const gt = new Date(now.getTime() - lifetime.keyLifetimeDaysMax * DAY_MS);
  // Never NULL in SQL, because the negation of NULL is NULL too.
  return { OR: [{ importedAt: { not: null, gt } }, { importedAt: null, createdAt: { gt } }] };
}

/**
 * Returns the condition for usable keys, neither revoked nor expired. A test compares it with statusOf.
 *
 * @param lifetime the policy that applies to the owner of the keys
 */
export const usableAt = (now: Date, lifetime: Lifetime): Condition => ({
  AND: [{ revokedAt: null }, { OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] }, withinLifetime(now, lifetime)],
});

/**
 * Returns the condition for the keys that count against the limit: the usable keys. A key in its grace period and its usable
 * successor count as one. It is a condition of a query, so that the check also works under the lock.
 */
export const countedAt = (now: Date, lifetime: Lifetime): Condition => ({
  AND: [usableAt(now, lifetime), { NOT: { replacedBy: { is: usableAt(now, lifetime) } } }],
});

/**
 * Returns the condition for the keys that can be rotated: usable, not replaced, and not the successor in a rotation in progress.
 * Such a successor can be rotated only with a grace period of 0, which ends it immediately: the response with its plaintext may
 * have been lost, and at most two keys of a lineage are valid at a time.
 */
export const rotatableAt = (now: Date, gracePeriodSeconds: number, lifetime: Lifetime): Condition => ({
  AND: [
    usableAt(now, lifetime),
    { replacedById: null },
    gracePeriodSeconds > 0 ? { NOT: { replaces: { some: usableAt(now, lifetime) } } } : {},
  ],
});

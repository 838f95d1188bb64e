import { DAY_MS } from '../platform/clock.js';
import type { PolicyRules } from './policy-rules.js';
import { coversScope } from './scopes.js';

/** The limits of a key that a policy narrows. */
export interface OwnLimits {
  readonly scopes: readonly string[];
  readonly allowedCidrs: readonly string[];
}

/** The times from which the expiry of a key is computed. */
export interface OwnExpiry {
  readonly createdAt: Date;
  /** Null if the key was not imported. */
  readonly importedAt: Date | null;
  readonly expiresAt: Date | null;
}

/**
 * Returns the granted scopes that a policy permits: of each granted and permitted pair of which one covers the other, the narrower.
 * A required scope is thus met exactly if both lists grant it.
 */
export function effectiveScopes(granted: readonly string[], policy: Pick<PolicyRules, 'scopes'> | null): readonly string[] {
  const permitted = policy?.scopes ?? null;
  if (permitted === null) return granted;
  const narrower = (scope: string, other: string): string[] =>
    coversScope(other, scope) ? [scope] : coversScope(scope, other) ? [other] : [];
  return [...new Set(granted.flatMap((scope) => permitted.flatMap((other) => narrower(scope, other))))];
}

/** Returns the time from which the lifetime that a policy permits counts. A key of another system starts with its import. */
export const lifetimeStartOf = ({ createdAt, importedAt }: Pick<OwnExpiry, 'createdAt' | 'importedAt'>): Date => importedAt ?? createdAt;

/** Returns the end of the lifetime that a policy permits. Null if it permits any lifetime. */
export const lifetimeEndOf = (startsAt: Date, policy: Pick<PolicyRules, 'keyLifetimeDaysMax'> | null): Date | null =>
  policy === null || policy.keyLifetimeDaysMax === null ? null : new Date(startsAt.getTime() + policy.keyLifetimeDaysMax * DAY_MS);

/**
 * Returns the earlier of the expiry of a key and the end of its permitted lifetime. Null if the key does not expire. The SQL function
 * `effective_expiry` returns the same, which a test compares.
 */
export function effectiveExpiry(key: OwnExpiry, policy: Pick<PolicyRules, 'keyLifetimeDaysMax'> | null): Date | null {
  const end = lifetimeEndOf(lifetimeStartOf(key), policy);
  if (end === null) return key.expiresAt;
  return key.expiresAt === null || key.expiresAt > end ? end : key.expiresAt;
}

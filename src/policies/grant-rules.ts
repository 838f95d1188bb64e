import type { Report } from '../platform/errors/keyward-error.js';
import { lifetimeEndOf } from './effective-limits.js';
import type { PolicyRules } from './policy-rules.js';
import { isScopeGranted } from './scopes.js';

/** Settings that a policy limits when a key is created or changed. Absent settings are unchanged. */
export interface GrantedSettings {
  scopes?: readonly string[] | null | undefined;
  expiresAt?: Date | null | undefined;
}

/** Returns the rule of a policy that granting a scope breaks; null if the policy permits it. */
const scopeGrantFault = (scope: string, policy: Pick<PolicyRules, 'scopes'> | null): string | null =>
  policy === null || policy.scopes === null || isScopeGranted(policy.scopes, scope) ? null : 'is not permitted by the policy';

/**
 * Returns the rule of a policy that an expiry breaks; null if the policy permits it.
 *
 * @param expiresAt null if the key is not to expire
 * @param lifetimeStartsAt creation or import of the key
 */
export function expiryGrantFault(
  expiresAt: Date | null,
  lifetimeStartsAt: Date,
  policy: Pick<PolicyRules, 'expiryRequired' | 'keyLifetimeDaysMax'> | null,
): string | null {
  if (policy === null) return null;
  if (expiresAt === null) return policy.expiryRequired ? 'is required by the policy' : null;
  const end = lifetimeEndOf(lifetimeStartsAt, policy);
  return end === null || expiresAt <= end
    ? null
    : `must be within ${policy.keyLifetimeDaysMax} days, the longest lifetime that the policy permits`;
}

/**
 * Reports the settings that a policy does not permit. What a key already has is not checked, because the policy narrows it anyway.
 *
 * @param lifetimeStartsAt creation or import of the key
 */
export function reportGrantFaults(
  { scopes, expiresAt }: GrantedSettings,
  lifetimeStartsAt: Date,
  policy: PolicyRules | null,
  report: Report,
): void {
  for (const [index, scope] of (scopes ?? []).entries()) report(`scopes.${index}`, scopeGrantFault(scope, policy));
  if (expiresAt !== undefined) report('expiresAt', expiryGrantFault(expiresAt, lifetimeStartsAt, policy));
}

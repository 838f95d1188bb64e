import { intersectionOf, isCovered, parseRanges } from '../platform/ip/address-ranges.js';
import { effectiveScopes, type OwnLimits } from './effective-limits.js';
import type { PolicyRules } from './policy-rules.js';
import { isScopeGranted } from './scopes.js';

/** The ceilings that a change of a policy can take from existing keys. */
export type Ceilings = Pick<PolicyRules, 'scopes' | 'allowedCidrs' | 'keyLifetimeDaysMax'>;

/** The ceilings that apply if there is no policy. */
export const NO_CEILINGS: Ceilings = { scopes: null, allowedCidrs: [], keyLifetimeDaysMax: null };

/** Returns whether a required scope exists that a key meets before a change of its policy, and not after it. */
export function losesScope({ scopes }: Pick<OwnLimits, 'scopes'>, before: Ceilings, after: Ceilings): boolean {
  const left = effectiveScopes(scopes, after);
  return effectiveScopes(scopes, before).some((scope) => !isScopeGranted(left, scope));
}

/**
 * Returns whether an address exists from which a key may be used before a change of its policy, and not after it. A list also
 * rejects verifications without an address, so the first list that applies always takes something.
 */
export function losesAddress({ allowedCidrs }: Pick<OwnLimits, 'allowedCidrs'>, before: Ceilings, after: Ceilings): boolean {
  if (after.allowedCidrs.length === 0) return false;
  const [first, second] = [allowedCidrs, before.allowedCidrs].filter((list) => list.length > 0).map(parseRanges);
  if (!first) return true;
  const left = parseRanges(after.allowedCidrs);
  return (second ? intersectionOf(first, second) : first).some((range) => !isCovered(range, left));
}

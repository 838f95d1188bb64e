import type { FieldFault } from '../platform/errors/keyward-error.js';
import { isAddress } from '../platform/ip/address.js';
import { isInRanges } from '../platform/ip/address-ranges.js';
import { characterFault } from '../platform/text.js';
import { isScopeGranted, SCOPE_CHARACTERS_MAX, SCOPES_MAX } from '../policies/scopes.js';
import { type RefusalCode, VerificationCode } from '../usage/verification-code.js';
import type { KeyEntry } from './key-entry.js';
import type { VerificationRequest } from './verification.js';

/**
 * Returns what is wrong with the question itself. A scope that no key can have (`Orders`, or an empty one) is valid here: no key
 * meets the requirement.
 */
export function requestFaults({ scopes, ipAddress, userAgent }: VerificationRequest): FieldFault[] {
  const faults: FieldFault[] = [];
  const report = (path: string, message: string | null) => {
    if (message !== null) faults.push({ path: `input.${path}`, message });
  };
  if (scopes.length > SCOPES_MAX) report('scopes', `must have at most ${SCOPES_MAX} items`);
  else for (const [index, scope] of scopes.entries()) report(`scopes.${index}`, demandFault(scope));
  if (ipAddress !== null && !isAddress(ipAddress)) report('ipAddress', 'must be an IP address');
  if (userAgent !== null) report('userAgent', characterFault(userAgent));
  return faults;
}

const demandFault = (scope: string): string | null =>
  scope.length > SCOPE_CHARACTERS_MAX ? `must be at most ${SCOPE_CHARACTERS_MAX} characters long` : characterFault(scope);

/** Returns the first required scope that a key lacks; undefined if it has all of them. */
export const lackingScopeOf = (key: KeyEntry, scopes: readonly string[]): string | undefined =>
  scopes.find((scope) => !isScopeGranted(key.scopes, scope));

/**
 * Returns the first reason to reject a key, or null. The rate limit is not checked here. Pure: the time is an argument.
 *
 * @param nowMs milliseconds since the epoch
 */
export function refusalOf(key: KeyEntry, { ipAddress, scopes }: VerificationRequest, nowMs: number): RefusalCode | null {
  if (key.isRevoked) return VerificationCode.REVOKED;
  if (key.expiresAtMs <= nowMs) return VerificationCode.EXPIRED;
  if (!key.isEnabled) return VerificationCode.DISABLED;
  if (key.isOwnerDisabled) return VerificationCode.OWNER_DISABLED;
  if (key.allowedCidrs.length > 0 && !isInRanges(key.allowedCidrs, ipAddress ?? '')) return VerificationCode.IP_NOT_ALLOWED;
  if (scopes.length > 0 && lackingScopeOf(key, scopes) !== undefined) return VerificationCode.INSUFFICIENT_SCOPE;
  return null;
}

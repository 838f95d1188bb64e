import type { FieldFault } from '../platform/errors/keyward-error.js';
import { isAddress } from '../platform/ip/address.js';
import { isInRanges } from '../platform/ip/address-ranges.js';
import { characterFault } from '../platform/text.js';
import { isScopeGranted, SCOPE_CHARACTERS_MAX, SCOPES_MAX } from '../policies/scopes.js';
import { type RefusalCode, VerificationCode } from '../usage/verification-code.js';
import type { KeyEntry } from './key-entry.js';
import { isAddressPermitted } from './policy-entry.js';
import type { VerificationRequest } from './verification.js';
import type { MessageDetails } from './verification-message.js';

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
const lackingScopeOf = (key: KeyEntry, scopes: readonly string[]): string | undefined =>
  scopes.find((scope) => !isScopeGranted(key.scopes, scope));

const isAddressInOwnList = ({ allowedCidrs }: KeyEntry, ipAddress: string | null): boolean =>
  allowedCidrs.length === 0 || isInRanges(allowedCidrs, ipAddress ?? '');

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
  if (!isAddressInOwnList(key, ipAddress)) return VerificationCode.IP_NOT_ALLOWED;
  if (key.policy !== null && !isAddressPermitted(key.policy, ipAddress)) return VerificationCode.IP_NOT_ALLOWED;
  if (scopes.length > 0 && lackingScopeOf(key, scopes) !== undefined) return VerificationCode.INSUFFICIENT_SCOPE;
  return null;
}

/**
 * Returns whether the policy is the reason for which refusalOf rejected a key that is otherwise valid.
 *
 * @param lackingScope the required scope that the key lacks
 */
function isRefusedByPolicy(code: RefusalCode, key: KeyEntry, ipAddress: string | null, nowMs: number, lackingScope = ''): boolean {
  if (code === VerificationCode.IP_NOT_ALLOWED) return isAddressInOwnList(key, ipAddress);
  if (key.own === null) return false;
  if (code === VerificationCode.EXPIRED) return key.own.expiresAtMs > nowMs;
  return code === VerificationCode.INSUFFICIENT_SCOPE && isScopeGranted(key.own.scopes, lackingScope);
}

/** Returns what the message for the holder of a rejected key needs. */
export function refusalDetailsOf(code: RefusalCode, key: KeyEntry, request: VerificationRequest, nowMs: number): MessageDetails {
  const lackingScope = code === VerificationCode.INSUFFICIENT_SCOPE ? lackingScopeOf(key, request.scopes) : undefined;
  const isByPolicy = isRefusedByPolicy(code, key, request.ipAddress, nowMs, lackingScope);
  return { lackingScope, policy: isByPolicy ? key.policy?.name : undefined };
}

import { isScopeGranted, SCOPE_CHARACTERS_MAX, SCOPES_MAX } from '../api-keys/scopes.js';
import type { FieldFault } from '../platform/errors/keyward-error.js';
import { isAddress } from '../platform/ip/address.js';
import { isInRanges } from '../platform/ip/address-ranges.js';
import { characterFault } from '../platform/text.js';
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

/** One reason to reject a key that exists. Pure: the time is an argument. */
type Check = (key: KeyEntry, request: VerificationRequest, nowMs: number) => boolean;

/** The reasons in the order of the checks. If several apply, the first one is returned. */
const REFUSALS: readonly [RefusalCode, Check][] = [
  [VerificationCode.REVOKED, (key) => key.isRevoked],
  [VerificationCode.EXPIRED, (key, _request, nowMs) => key.expiresAtMs <= nowMs],
  [VerificationCode.DISABLED, (key) => !key.isEnabled],
  [VerificationCode.OWNER_DISABLED, (key) => key.owner.isDisabled],
  [VerificationCode.IP_NOT_ALLOWED, (key, { ipAddress }) => key.allowedCidrs.length > 0 && !isInRanges(key.allowedCidrs, ipAddress ?? '')],
  [VerificationCode.INSUFFICIENT_SCOPE, (key, { scopes }) => lackingScopeOf(key, scopes) !== undefined],
];

/** Returns the first required scope that a key lacks; undefined if it has all of them. */
export const lackingScopeOf = (key: KeyEntry, scopes: readonly string[]): string | undefined =>
  scopes.find((scope) => !isScopeGranted(key.scopes, scope));

/**
 * Returns the first reason to reject a key, or null. The rate limit is not checked here.
 *
 * @param nowMs milliseconds since the epoch
 */
export function refusalOf(key: KeyEntry, request: VerificationRequest, nowMs: number): RefusalCode | null {
  for (const [code, isRejected] of REFUSALS) if (isRejected(key, request, nowMs)) return code;
  return null;
}

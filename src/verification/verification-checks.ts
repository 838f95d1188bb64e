import { isExpired } from '../api-keys/api-key-status.js';
import { isScopeGranted, SCOPE_CHARACTERS_MAX, SCOPES_MAX } from '../api-keys/scopes.js';
import type { FieldFault } from '../platform/errors/keyward-error.js';
import { isAddress } from '../platform/ip/address.js';
import { isInRanges } from '../platform/ip/address-ranges.js';
import { characterFault } from '../platform/text.js';
import { VerificationCode } from '../usage/verification-code.js';
import { type KeyRecord, type KnownVerification, type VerificationRequest } from './verification.js';

/**
 * A scope that no key can have (`Orders`, the empty one) is no fault: it is a demand that isn't met.
 *
 * @returns what is wrong with the question itself
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

/** One reason to refuse a key that exists. Pure: the moment is given. */
type Check = (key: KeyRecord, request: VerificationRequest, now: Date) => boolean;

/** In this order: the gravest and most lasting reason is the one that is told. */
const REFUSALS: readonly [KnownVerification['code'], Check][] = [
  [VerificationCode.REVOKED, (key) => key.revokedAt !== null],
  [VerificationCode.EXPIRED, (key, _request, now) => isExpired(key.expiresAt, now)],
  [VerificationCode.DISABLED, (key) => !key.enabled],
  [VerificationCode.OWNER_DISABLED, (key) => key.ownerDisabledAt !== null],
  [VerificationCode.IP_NOT_ALLOWED, (key, { ipAddress }) => key.allowedCidrs.length > 0 && !isInRanges(key.allowedCidrs, ipAddress ?? '')],
  [VerificationCode.INSUFFICIENT_SCOPE, (key, { scopes }) => !scopes.every((scope) => isScopeGranted(key.scopes, scope))],
];

/**
 * @returns the first reason why this key doesn't pass; null where nothing but its rate limit is left to be looked at
 */
export function refusalOf(key: KeyRecord, request: VerificationRequest, now: Date): KnownVerification['code'] | null {
  for (const [code, isRefused] of REFUSALS) if (isRefused(key, request, now)) return code;
  return null;
}

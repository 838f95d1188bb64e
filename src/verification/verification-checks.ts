import { isExpired } from '../api-keys/api-key-status.js';
import { isScopeGranted, SCOPE_CHARACTERS_MAX, SCOPES_MAX } from '../api-keys/scopes.js';
import type { FieldFault } from '../platform/errors/keyward-error.js';
import { isAddress } from '../platform/ip/address.js';
import { isInRanges } from '../platform/ip/address-ranges.js';
import { characterFault } from '../platform/text.js';
import { type KeyRecord, type KnownVerification, VerificationCode, type VerificationRequest } from './verification.js';

/**
 * Returns what is wrong with a request. A scope that no key can have, such as `Orders`, is valid: no key satisfies it.
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

/** Returns whether a key must be rejected for one reason. A pure function. */
type Check = (key: KeyRecord, request: VerificationRequest, now: Date) => boolean;

/** Ordered by severity and permanence: the first reason that applies is returned. */
const CHECKS: readonly [KnownVerification['code'], Check][] = [
  [VerificationCode.REVOKED, (key) => key.revokedAt !== null],
  [VerificationCode.EXPIRED, (key, _request, now) => isExpired(key.expiresAt, now)],
  [VerificationCode.DISABLED, (key) => !key.enabled],
  [VerificationCode.OWNER_DISABLED, (key) => key.ownerDisabledAt !== null],
  [VerificationCode.IP_NOT_ALLOWED, (key, { ipAddress }) => key.allowedCidrs.length > 0 && !isInRanges(key.allowedCidrs, ipAddress ?? '')],
  [VerificationCode.INSUFFICIENT_SCOPE, (key, { scopes }) => !scopes.every((scope) => isScopeGranted(key.scopes, scope))],
];

/** Returns the first reason to reject a key. Null if only its rate limit remains to be checked. */
export function rejectionOf(key: KeyRecord, request: VerificationRequest, now: Date): KnownVerification['code'] | null {
  for (const [code, isRejected] of CHECKS) if (isRejected(key, request, now)) return code;
  return null;
}

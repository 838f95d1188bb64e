import { isInRanges } from '../../platform/ip/address-ranges.js';
import { keyPrefixOf } from '../../platform/plaintext-key.js';
import { storedTime } from '../../platform/timestamp.js';
import type { TokenRejectionReason } from '../token-rejection.js';

/** Namespace of service tokens. No API key has it, because KEY_NAMESPACE must be another one. */
export const SERVICE_TOKEN_NAMESPACE = 'svc';

/** State of a service token when it is presented. */
export interface ServiceTokenState {
  readonly isRevoked: boolean;
  /**
   * Time from which the presented secret is rejected: the expiry of the token, or the end of the overlap of a rotation. Infinity
   * if it has none.
   */
  readonly endsAtMs: number;
  /** Addresses from which the token may be used. Empty if every address may use it. */
  readonly cidrs: readonly string[];
}

/** Returns whether a credential is meant to be a service token, also if it is not a valid one. */
export const isServiceToken = (credential: string | undefined): credential is string =>
  credential?.startsWith(`${SERVICE_TOKEN_NAMESPACE}_`) === true;

/** Returns whether a service token has the right form and checksum, so that a mistyped one is rejected without a query. */
export const isWellFormed = (token: string): boolean => keyPrefixOf(token)?.startsWith(`${SERVICE_TOKEN_NAMESPACE}_`) === true;

/**
 * Returns the time from which a secret of a service token is rejected, in milliseconds since the epoch.
 *
 * @param expiresAt expiry of the token; null if it does not expire
 * @param overlapEndsAt end of the overlap of the last rotation, for the earlier secret; null for the current one
 */
export const endOf = (expiresAt: Date | null, overlapEndsAt: Date | null): number =>
  Math.min(...[expiresAt, overlapEndsAt].map((end) => (end === null ? Number.POSITIVE_INFINITY : storedTime(end).getTime())));

/**
 * Returns the reason for which a service token is rejected; null if it is valid. The reason is for the log only.
 *
 * @param address address that the token is used from; an unknown address is in no range
 */
export function rejectionOf(
  { isRevoked, endsAtMs, cidrs }: ServiceTokenState,
  address: string,
  nowMs: number,
): TokenRejectionReason | null {
  if (isRevoked) return 'service token revoked';
  if (endsAtMs <= nowMs) return 'service token expired';
  return cidrs.length === 0 || isInRanges(cidrs, address) ? null : 'address of the service';
}

import { endOf, type ServiceTokenState } from '../auth/service-tokens/service-token-rules.js';
import { fingerprintOf } from '../platform/plaintext-key.js';
import { storedTime } from '../platform/timestamp.js';

/** Distinguishes the fingerprints of service tokens from those of keys, which are searched for in another table. */
export const TOKEN_MARK = 'token ';

/** Returns the text by which a service token is looked up: its marked fingerprint. */
export const tokenFingerprintOf = (token: string): string => `${TOKEN_MARK}${fingerprintOf(token)}`;

/** A service token that was found by one of its fingerprints, as the lookup returns it in JSON. Times are ISO 8601. */
export interface FoundServiceToken {
  /** SHA-256 of the presented secret, in hex, with the mark. */
  fingerprint: string;
  /** The fingerprint without the mark: during the overlap of a rotation, each secret has an entry of its own. */
  id: string;
  /** ID of the service token. A change of the token drops its entries as a change of an owner drops the entries of the keys. */
  ownerId: string;
  policyId: null;
  permissions: string[];
  cidrs: string[];
  expiresAt: string | null;
  revokedAt: string | null;
  /** End of the overlap of a rotation. Null for the current secret. */
  overlapEndsAt: string | null;
}

/** What a process knows about a service token. */
export class ServiceTokenEntry implements ServiceTokenState {
  readonly serviceTokenId: string;
  readonly permissions: readonly string[];
  readonly cidrs: readonly string[];
  readonly isRevoked: boolean;
  readonly endsAtMs: number;

  constructor({ ownerId, permissions, cidrs, expiresAt, revokedAt, overlapEndsAt }: FoundServiceToken) {
    const [expiry, overlapEnd] = [expiresAt, overlapEndsAt].map((time) => (time === null ? null : storedTime(time)));
    this.serviceTokenId = ownerId;
    this.permissions = permissions;
    this.cidrs = cidrs;
    this.isRevoked = revokedAt !== null;
    this.endsAtMs = endOf(expiry ?? null, overlapEnd ?? null);
  }
}

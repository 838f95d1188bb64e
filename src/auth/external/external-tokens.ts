import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify, type ProtectedHeaderParameters } from 'jose';
import type { Clock } from '../../platform/clock.js';
import { KeywardError } from '../../platform/errors/keyward-error.js';
import { shortTextFault } from '../../platform/text.js';
import type { TokenRejection } from '../token-rejection.js';
import type { KeySet } from './key-set.js';

/**
 * Accepted algorithms, pinned (RFC 8725 §3.1). None is symmetric, so a public key can never serve as a secret. The library checks
 * the algorithm before it requests a key.
 */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** Accepted types: RFC 9068 §2.1, and RFC 7519 §5.1 or none for providers that do not follow RFC 9068. */
const TYPES: readonly unknown[] = ['at+jwt', 'application/at+jwt', 'jwt', undefined];

/** Accepted difference between the clocks of the provider and of Keyward. */
const CLOCK_SKEW_SECONDS = 30;

/** Maximum length of `sub` (OpenID Connect Core §2). */
const SUBJECT_CHARACTERS_MAX = 255;

/** The user that a token of the identity provider identifies. */
export interface ExternalIdentity {
  issuer: string;
  /** The provider's identifier of the user. It never changes and is never reassigned. */
  subject: string;
  /** Email address from the token. Null if the token has none or does not state that it is verified. */
  verifiedEmail: string | null;
  /** Time of the sign-in at the provider, else the time at which the token was issued. Null if the token has neither. */
  authenticatedAt: Date | null;
  /** The policy that the token sets for the user. Null if it sets none. */
  policy: ClaimedPolicy | null;
}

/** A policy in a token. */
export interface ClaimedPolicy {
  issuer: string;
  /** Value of the claim, as the provider signed it. */
  name: unknown;
  /** Time at which the token was issued. */
  issuedAt: Date;
}

/** Reads a token without verifying it. @returns null if the token is not a JWT */
function peek(token: string): { header: ProtectedHeaderParameters; claims: JWTPayload } | null {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    return null;
  }
}

/** Returns the unverified claims of a token; null if it is not a JWT. */
export const unverifiedClaimsOf = (token: string): JWTPayload | null => peek(token)?.claims ?? null;

/** `jku`, `jwk`, `x5u` and `x5c` are ignored, because only the configuration determines the keys. */
function headerRejection({ typ, crit }: ProtectedHeaderParameters): TokenRejection | null {
  if (!TYPES.includes(typeof typ === 'string' ? typ.toLowerCase() : typ)) return { rejection: 'type' };
  return crit === undefined ? null : { rejection: 'critical header' };
}

/** Verifies access tokens of the configured identity provider. */
export class ExternalTokens {
  readonly issuer: string;
  readonly #audience: string;
  readonly #policyClaim: string | null;
  readonly #keys: KeySet;
  readonly #clock: Clock;

  /** @param options.policyClaim the claim that names the policy of the user; null if no claim does */
  constructor(options: { issuer: string; audience: string; policyClaim: string | null; keys: KeySet; clock: Clock }) {
    this.issuer = options.issuer;
    this.#audience = options.audience;
    this.#policyClaim = options.policyClaim;
    this.#keys = options.keys;
    this.#clock = options.clock;
  }

  /**
   * Verifies an access token of the identity provider.
   *
   * @returns the identity in a valid token, else the reason for its rejection, which is for the log only
   * @throws {KeywardError} SERVICE_UNAVAILABLE if the signing keys are unavailable
   */
  async verify(token: string): Promise<ExternalIdentity | TokenRejection> {
    const unverified = peek(token);
    if (!unverified) return { rejection: 'malformed' };
    // A token that is invalid with any key must not cause a request for the keys.
    const rejection = headerRejection(unverified.header) ?? this.#claimsRejection(unverified.claims);
    if (rejection) return rejection;
    try {
      const { payload } = await jwtVerify(token, (header) => this.#keys.find(header), {
        algorithms: ALGORITHMS,
        issuer: this.issuer,
        audience: this.#audience,
        currentDate: this.#clock.now(),
        clockTolerance: CLOCK_SKEW_SECONDS,
      });
      return this.#claimsRejection(payload) ?? this.#identityOf(payload);
    } catch (error) {
      if (error instanceof KeywardError) throw error;
      return this.#rejectionOf(error);
    }
  }

  /**
   * Checks the claims that the library does not check. It checks `exp` too, because the tolerance for `nbf` must not extend a
   * token.
   */
  #claimsRejection({ iss, sub, exp, iat, cnf }: JWTPayload): TokenRejection | null {
    const now = this.#nowSeconds();
    if (iss !== this.issuer) return { rejection: 'issuer', expected: this.issuer };
    if (typeof exp !== 'number') return { rejection: 'expiry missing' };
    if (exp <= now) return { rejection: 'expired' };
    if (iat !== undefined && !(typeof iat === 'number' && iat <= now + CLOCK_SKEW_SECONDS)) return { rejection: 'not yet valid' };
    if (typeof sub !== 'string' || shortTextFault(sub, SUBJECT_CHARACTERS_MAX) !== null) return { rejection: 'subject' };
    // RFC 7800: the token is valid only with proof of possession of a key (DPoP, mTLS). A bearer token gives no such proof.
    return cnf === undefined ? null : { rejection: 'proof of possession' };
  }

  #identityOf(payload: JWTPayload): ExternalIdentity {
    const { iss, sub, iat, auth_time: authTime, email, email_verified: isEmailVerified } = payload;
    const seconds = authTime === undefined ? iat : authTime;
    const isMoment = typeof seconds === 'number' && seconds <= this.#nowSeconds() + CLOCK_SKEW_SECONDS;
    return {
      issuer: String(iss),
      subject: String(sub),
      verifiedEmail: isEmailVerified === true && typeof email === 'string' ? email : null,
      authenticatedAt: isMoment ? new Date(seconds * 1_000) : null,
      policy: this.#policyOf(payload),
    };
  }

  /** A token that does not state when it was issued sets no policy, because it may be older than the last change. */
  #policyOf(payload: JWTPayload): ClaimedPolicy | null {
    const name = this.#policyClaim !== null && Object.hasOwn(payload, this.#policyClaim) ? payload[this.#policyClaim] : null;
    return name === null || name === undefined || payload.iat === undefined
      ? null
      : { issuer: this.issuer, name, issuedAt: new Date(payload.iat * 1_000) };
  }

  #rejectionOf(error: unknown): TokenRejection {
    if (error instanceof errors.JOSEAlgNotAllowed) return { rejection: 'algorithm', expected: ALGORITHMS };
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return { rejection: 'unknown key' };
    if (error instanceof errors.JWSSignatureVerificationFailed) return { rejection: 'signature' };
    if (!(error instanceof errors.JWTClaimValidationFailed)) return { rejection: 'malformed' };
    if (error.claim === 'aud') return { rejection: 'audience', expected: this.#audience };
    return { rejection: error.claim === 'nbf' ? 'not yet valid' : 'malformed' };
  }

  #nowSeconds(): number {
    return Math.floor(this.#clock.now().getTime() / 1_000);
  }
}

import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify, type ProtectedHeaderParameters } from 'jose';
import type { Clock } from '../../platform/clock.js';
import { KeywardError } from '../../platform/errors/keyward-error.js';
import { shortTextFault } from '../../platform/text.js';
import type { TokenRejection } from '../token-rejection.js';
import type { KeySet } from './key-set.js';

/** RFC 8725 §3.1: pinned, and none that a public key could be the secret of. The library looks at this before it asks for a key. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** RFC 9068 §2.1 and, of providers that don't follow it, RFC 7519 §5.1; or none at all. */
const TYPES: readonly unknown[] = ['at+jwt', 'application/at+jwt', 'jwt', undefined];

/** How far ahead the provider's clock may be. */
const CLOCK_SKEW_SECONDS = 30;

/** OpenID Connect Core §2: a `sub` has no more. */
const SUBJECT_CHARACTERS_MAX = 255;

/** Whom a token of the identity provider speaks for. */
export interface ExternalIdentity {
  issuer: string;
  /** The provider's name for the user. It never changes and is never given to another. */
  subject: string;
  /** As the provider tells it. Null: it tells none, or doesn't say that the address is the user's. */
  verifiedEmail: string | null;
  /** When the user signed in at the provider, else when the token was issued. Null if the token says neither. */
  authenticatedAt: Date | null;
}

/** Reads what nothing has vouched for yet. @returns null where it is no JWT */
function peek(token: string): { header: ProtectedHeaderParameters; claims: JWTPayload } | null {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    return null;
  }
}

/** Returns the `iss` that a token claims, which nothing has verified: undefined if it has none, null if it is no JWT. */
export const claimedIssuerOf = (token: string): unknown => {
  const read = peek(token);
  return read === null ? null : read.claims.iss;
};

/** `jku`, `jwk`, `x5u` and `x5c` are never looked at: which keys count is for the configuration to say. */
function headerRejection({ typ, crit }: ProtectedHeaderParameters): TokenRejection | null {
  if (!TYPES.includes(typeof typ === 'string' ? typ.toLowerCase() : typ)) return { rejection: 'type' };
  return crit === undefined ? null : { rejection: 'critical header' };
}

/** The access tokens of the one identity provider that is configured. */
export class ExternalTokens {
  readonly issuer: string;
  readonly #audience: string;
  readonly #keys: KeySet;
  readonly #clock: Clock;

  constructor(options: { issuer: string; audience: string; keys: KeySet; clock: Clock }) {
    this.issuer = options.issuer;
    this.#audience = options.audience;
    this.#keys = options.keys;
    this.#clock = options.clock;
  }

  /**
   * @returns the identity that a valid token proves; why it is rejected otherwise, which only the log may say
   * @throws {KeywardError} SERVICE_UNAVAILABLE when the keys can't be had
   */
  async verify(token: string): Promise<ExternalIdentity | TokenRejection> {
    const unverified = peek(token);
    if (!unverified) return { rejection: 'malformed' };
    // What is wrong whatever the key shall not make us ask for one.
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

  /** Checks what the library leaves out. `exp` is one: the tolerance is meant for `nbf`, and prolongs nothing. */
  #claimsRejection({ iss, sub, exp, iat, cnf }: JWTPayload): TokenRejection | null {
    const now = this.#nowSeconds();
    if (iss !== this.issuer) return { rejection: 'issuer', expected: this.issuer };
    if (typeof exp !== 'number') return { rejection: 'expiry missing' };
    if (exp <= now) return { rejection: 'expired' };
    if (iat !== undefined && !(typeof iat === 'number' && iat <= now + CLOCK_SKEW_SECONDS)) return { rejection: 'not yet valid' };
    if (typeof sub !== 'string' || shortTextFault(sub, SUBJECT_CHARACTERS_MAX) !== null) return { rejection: 'subject' };
    // RFC 7800: only whoever proves to hold a certain key may use it (DPoP, mTLS). A bearer proves nothing, and may be a thief.
    return cnf === undefined ? null : { rejection: 'proof of possession' };
  }

  #identityOf({ iss, sub, iat, auth_time: authTime, email, email_verified: isEmailVerified }: JWTPayload): ExternalIdentity {
    const seconds = authTime === undefined ? iat : authTime;
    const isMoment = typeof seconds === 'number' && seconds <= this.#nowSeconds() + CLOCK_SKEW_SECONDS;
    return {
      issuer: String(iss),
      subject: String(sub),
      verifiedEmail: isEmailVerified === true && typeof email === 'string' ? email : null,
      authenticatedAt: isMoment ? new Date(seconds * 1_000) : null,
    };
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

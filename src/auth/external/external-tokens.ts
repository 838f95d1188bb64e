import { decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify, type ProtectedHeaderParameters } from 'jose';
import type { Clock } from '../../platform/clock.js';
import { KeywardError } from '../../platform/errors.js';
import { shortTextFault } from '../../platform/text.js';
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
}

/** Reads what nothing has vouched for yet. @returns null where it is no JWT */
function peek(token: string): { header: ProtectedHeaderParameters; claims: JWTPayload } | null {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    return null;
  }
}

/** `jku`, `jwk`, `x5u` and `x5c` are never looked at: which keys count is for the configuration to say. */
const isAllowedHeader = ({ typ, crit }: ProtectedHeaderParameters): boolean =>
  TYPES.includes(typeof typ === 'string' ? typ.toLowerCase() : typ) && crit === undefined;

/** The access tokens of the one identity provider that is configured. */
export class ExternalTokens {
  readonly #issuer: string;
  readonly #audience: string;
  readonly #keys: KeySet;
  readonly #clock: Clock;

  constructor(options: { issuer: string; audience: string; keys: KeySet; clock: Clock }) {
    this.#issuer = options.issuer;
    this.#audience = options.audience;
    this.#keys = options.keys;
    this.#clock = options.clock;
  }

  /** @returns whether a token says that it is the provider's; nothing has been verified yet */
  isMeant(token: string): boolean {
    return peek(token)?.claims.iss === this.#issuer;
  }

  /**
   * @returns null for anything but a genuine token for us that hasn't expired, whatever is wrong with it
   * @throws {KeywardError} SERVICE_UNAVAILABLE when the keys can't be had
   */
  async verify(token: string): Promise<ExternalIdentity | null> {
    const unverified = peek(token);
    // What is wrong whatever the key shall not make us ask for one.
    if (!unverified || !isAllowedHeader(unverified.header) || !this.#identityIn(unverified.claims)) return null;
    try {
      const { payload } = await jwtVerify(token, (header) => this.#keys.find(header), {
        algorithms: ALGORITHMS,
        issuer: this.#issuer,
        audience: this.#audience,
        currentDate: this.#clock.now(),
        clockTolerance: CLOCK_SKEW_SECONDS,
      });
      return this.#identityIn(payload);
    } catch (error) {
      if (error instanceof KeywardError) throw error;
      return null;
    }
  }

  /** Checks what the library leaves out. `exp` is one: the tolerance is meant for `nbf`, and prolongs nothing. */
  #identityIn({ iss, sub, exp, iat, email, email_verified: isEmailVerified }: JWTPayload): ExternalIdentity | null {
    const now = Math.floor(this.#clock.now().getTime() / 1_000);
    if (iss !== this.#issuer || typeof exp !== 'number' || exp <= now) return null;
    if (iat !== undefined && !(typeof iat === 'number' && iat <= now + CLOCK_SKEW_SECONDS)) return null;
    if (typeof sub !== 'string' || shortTextFault(sub, SUBJECT_CHARACTERS_MAX) !== null) return null;
    return { issuer: iss, subject: sub, verifiedEmail: isEmailVerified === true && typeof email === 'string' ? email : null };
  }
}

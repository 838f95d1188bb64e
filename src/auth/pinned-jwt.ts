import jwt from 'jsonwebtoken';
import type { Clock } from '../platform/clock.js';
import type { KeyRing } from '../platform/secrets.js';
import type { TokenRejection, TokenRejectionReason } from './token-rejection.js';

const { JsonWebTokenError, NotBeforeError, sign, TokenExpiredError, verify } = jwt;

const ALGORITHM = 'HS256';
/** Issuer of the tokens of Keyward itself. No identity provider can have this issuer. */
export const LOCAL_ISSUER = 'keyward';
/** Accepted difference between the clocks of two replicas. */
const CLOCK_SKEW_SECONDS = 30;

/** Beginnings of the library's messages, because its errors have no codes. */
const REASONS: readonly [string, TokenRejectionReason][] = [
  ['invalid algorithm', 'algorithm'],
  ['invalid signature', 'signature'],
  ['jwt signature is required', 'signature'],
  ['jwt audience invalid', 'audience'],
  ['jwt issuer invalid', 'issuer'],
];

function rejectionOf(error: unknown): TokenRejection {
  if (error instanceof TokenExpiredError) return { rejection: 'expired' };
  if (error instanceof NotBeforeError) return { rejection: 'not yet valid' };
  const message = error instanceof JsonWebTokenError ? error.message : '';
  return { rejection: REASONS.find(([start]) => message.startsWith(start))?.[1] ?? 'malformed' };
}

/** Returns the expiry of a token that is created now, because times in a JWT are whole seconds. */
export const expiryAfter = (seconds: number, now: Date): Date => new Date((Math.floor(now.getTime() / 1_000) + seconds) * 1_000);

/** Claims of a valid token. */
export interface PinnedClaims {
  readonly sub: string;
  readonly aud: unknown;
  readonly sid: unknown;
}

interface Options {
  keys: KeyRing;
  clock: Clock;
  /** Type in the header, so that no other JWT is accepted as one of these (RFC 8725 §3.11). */
  type: string;
  audience: string | RegExp;
}

/**
 * JWTs of Keyward itself, with every value pinned that RFC 8725 recommends. By default, the library accepts HS512 for HS256, a
 * missing `exp`, an `iat` in the future, any `typ` and any `crit` (tested with 9.0).
 */
export class PinnedJwts {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** @param expiresAt in whole seconds, see `expiryAfter` */
  issue(claims: { sub: string; aud: string; sid?: string }, expiresAt: Date): string {
    const { keys, type } = this.#options;
    const payload = { iss: LOCAL_ISSUER, ...claims, iat: this.#nowSeconds(), exp: expiresAt.getTime() / 1_000 };
    return sign(payload, keys[0], { algorithm: ALGORITHM, header: { alg: ALGORITHM, typ: type } });
  }

  /** Returns the claims of a valid token, else the reason for its rejection. The reason is for the log only. */
  verify(token: string): PinnedClaims | TokenRejection {
    let rejection: TokenRejection = { rejection: 'signature' };
    for (const key of this.#options.keys) {
      const result = this.#verifyWith(key, token);
      if (!('rejection' in result)) return result;
      // A wrong signature with one key says nothing about the others.
      if (result.rejection !== 'signature') rejection = result;
    }
    return rejection;
  }

  #verifyWith(key: Buffer, token: string): PinnedClaims | TokenRejection {
    const { type, audience } = this.#options;
    const now = this.#nowSeconds();
    try {
      const { header, payload } = verify(token, key, {
        algorithms: [ALGORITHM],
        issuer: LOCAL_ISSUER,
        audience,
        clockTimestamp: now,
        complete: true,
      });
      if (header.typ !== type) return { rejection: 'type' };
      if ('crit' in header) return { rejection: 'critical header' };
      if (typeof payload === 'string') return { rejection: 'malformed' };
      const { sub, aud, sid, iat, exp } = payload;
      if (typeof exp !== 'number') return { rejection: 'expiry missing' };
      if (typeof iat !== 'number' || iat > now + CLOCK_SKEW_SECONDS) return { rejection: 'not yet valid' };
      if (typeof sub !== 'string') return { rejection: 'subject' };
      if ('cnf' in payload) return { rejection: 'proof of possession' };
      return { sub, aud, sid };
    } catch (error) {
      return rejectionOf(error);
    }
  }

  #nowSeconds(): number {
    return Math.floor(this.#options.clock.now().getTime() / 1_000);
  }
}

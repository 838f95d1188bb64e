import jwt from 'jsonwebtoken';
import type { Clock } from '../../platform/clock.js';
import type { KeyRing } from '../../platform/secrets.js';
import type { TokenRejection, TokenRejectionReason } from '../token-rejection.js';

const { JsonWebTokenError, NotBeforeError, sign, TokenExpiredError, verify } = jwt;

const ALGORITHM = 'HS256';
/** Type of an access token (RFC 9068 §2.1), so that no other JWT is accepted as one (RFC 8725 §3.11). */
const TYPE = 'at+jwt';
/** Issuer and audience of the tokens. No identity provider can have this issuer. */
export const LOCAL_ISSUER = 'keyward';
/** Accepted difference between the clocks of two replicas. */
const CLOCK_SKEW_SECONDS = 30;

/** User and session of an access token. The state of the session is in the database. */
export interface AccessTokenClaims {
  userId: string;
  sessionId: string;
}

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

/**
 * Access tokens: short-lived JWTs with every value pinned that RFC 8725 recommends. By default, the library accepts HS512 for
 * HS256, a missing `exp`, an `iat` in the future, any `typ` and any `crit` (tested with 9.0).
 */
export class AccessTokens {
  readonly #keys: KeyRing;
  readonly #clock: Clock;
  readonly #ttlSeconds: number;

  constructor(options: { keys: KeyRing; clock: Clock; ttlSeconds: number }) {
    this.#keys = options.keys;
    this.#clock = options.clock;
    this.#ttlSeconds = options.ttlSeconds;
  }

  issue({ userId, sessionId }: AccessTokenClaims): { token: string; expiresAt: Date } {
    const iat = this.#nowSeconds();
    const exp = iat + this.#ttlSeconds;
    const payload = { iss: LOCAL_ISSUER, aud: LOCAL_ISSUER, sub: userId, sid: sessionId, iat, exp };
    const token = sign(payload, this.#keys[0], { algorithm: ALGORITHM, header: { alg: ALGORITHM, typ: TYPE } });
    return { token, expiresAt: new Date(exp * 1_000) };
  }

  /** Returns the claims of a valid token, else the reason for its rejection. The reason is for the log only. */
  verify(token: string): AccessTokenClaims | TokenRejection {
    let rejection: TokenRejection = { rejection: 'signature' };
    for (const key of this.#keys) {
      const result = this.#verifyWith(key, token);
      if (!('rejection' in result)) return result;
      // A wrong signature with one key says nothing about the others.
      if (result.rejection !== 'signature') rejection = result;
    }
    return rejection;
  }

  #verifyWith(key: Buffer, token: string): AccessTokenClaims | TokenRejection {
    const now = this.#nowSeconds();
    try {
      const { header, payload } = verify(token, key, {
        algorithms: [ALGORITHM],
        issuer: LOCAL_ISSUER,
        audience: LOCAL_ISSUER,
        clockTimestamp: now,
        complete: true,
      });
      if (header.typ !== TYPE) return { rejection: 'type' };
      if ('crit' in header) return { rejection: 'critical header' };
      if (typeof payload === 'string') return { rejection: 'malformed' };
      const { sub, sid, iat, exp } = payload;
      if (typeof exp !== 'number') return { rejection: 'expiry missing' };
      if (typeof iat !== 'number' || iat > now + CLOCK_SKEW_SECONDS) return { rejection: 'not yet valid' };
      if (typeof sub !== 'string' || typeof sid !== 'string') return { rejection: 'subject' };
      if ('cnf' in payload) return { rejection: 'proof of possession' };
      return { userId: sub, sessionId: sid };
    } catch (error) {
      return rejectionOf(error);
    }
  }

  #nowSeconds(): number {
    return Math.floor(this.#clock.now().getTime() / 1_000);
  }
}

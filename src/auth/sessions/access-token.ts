import type { Clock } from '../../platform/clock.js';
import type { KeyRing } from '../../platform/secrets.js';
import { expiryAfter, LOCAL_ISSUER, PinnedJwts } from '../pinned-jwt.js';
import type { TokenRejection } from '../token-rejection.js';

/** Type of an access token (RFC 9068 §2.1). */
const TYPE = 'at+jwt';

/** User and session of an access token. The state of the session is in the database. */
export interface AccessTokenClaims {
  userId: string;
  sessionId: string;
}

/** Access tokens: short-lived JWTs that name a session. */
export class AccessTokens {
  readonly #jwts: PinnedJwts;
  readonly #clock: Clock;
  readonly #ttlSeconds: number;

  constructor({ keys, clock, ttlSeconds }: { keys: KeyRing; clock: Clock; ttlSeconds: number }) {
    this.#jwts = new PinnedJwts({ keys, clock, type: TYPE, audience: LOCAL_ISSUER });
    this.#clock = clock;
    this.#ttlSeconds = ttlSeconds;
  }

  issue({ userId, sessionId }: AccessTokenClaims): { token: string; expiresAt: Date } {
    const expiresAt = expiryAfter(this.#ttlSeconds, this.#clock.now());
    return { token: this.#jwts.issue({ aud: LOCAL_ISSUER, sub: userId, sid: sessionId }, expiresAt), expiresAt };
  }

  /** Returns the claims of a valid token, else the reason for its rejection. The reason is for the log only. */
  verify(token: string): AccessTokenClaims | TokenRejection {
    const claims = this.#jwts.verify(token);
    if ('rejection' in claims) return claims;
    return typeof claims.sid === 'string' ? { userId: claims.sub, sessionId: claims.sid } : { rejection: 'subject' };
  }
}

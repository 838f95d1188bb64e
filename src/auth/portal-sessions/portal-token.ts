import { validate as isUuid } from 'uuid';
import type { Clock } from '../../platform/clock.js';
import type { KeyRing } from '../../platform/secrets.js';
import { PinnedJwts } from '../pinned-jwt.js';
import type { TokenRejection } from '../token-rejection.js';

const TYPE = 'portal+jwt';
/** The audience names the row of the session, so that no token is valid for another one. */
const AUDIENCE = /^portal-session:([0-9a-f-]{36})$/;

/** User and portal session of a token. The state of the session is in the database. */
export interface PortalTokenClaims {
  userId: string;
  portalSessionId: string;
}

/** Returns the id of the portal session that an audience names; null if it names none. */
function sessionIdIn(audience: unknown): string | null {
  const [, id] = typeof audience === 'string' ? (AUDIENCE.exec(audience) ?? []) : [];
  return id !== undefined && isUuid(id) ? id : null;
}

/** Returns whether the unverified audience of a token is that of a portal session. */
export const isPortalAudience = (audience: unknown): boolean => sessionIdIn(audience) !== null;

/** Tokens of portal sessions: JWTs with keys of their own. They are valid as long as their session. */
export class PortalTokens {
  readonly #jwts: PinnedJwts;

  constructor({ keys, clock }: { keys: KeyRing; clock: Clock }) {
    this.#jwts = new PinnedJwts({ keys, clock, type: TYPE, audience: AUDIENCE });
  }

  issue({ userId, portalSessionId }: PortalTokenClaims, expiresAt: Date): string {
    return this.#jwts.issue({ aud: `portal-session:${portalSessionId}`, sub: userId }, expiresAt);
  }

  /** Returns the claims of a valid token, else the reason for its rejection. The reason is for the log only. */
  verify(token: string): PortalTokenClaims | TokenRejection {
    const claims = this.#jwts.verify(token);
    if ('rejection' in claims) return claims;
    const portalSessionId = sessionIdIn(claims.aud);
    return portalSessionId === null ? { rejection: 'audience' } : { userId: claims.sub, portalSessionId };
  }
}

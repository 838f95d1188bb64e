import type { RequestSource } from '../../platform/actor.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database/client.js';
import type { PortalSession, ServiceToken, User } from '../../platform/database/generated/client.js';
import { storedTime } from '../../platform/timestamp.js';
import type { PortalCaller } from '../caller.js';
import type { TokenRejection } from '../token-rejection.js';
import type { PortalTokens } from './portal-token.js';

type FoundSession = PortalSession & { user: User; serviceToken: ServiceToken };

/** Finds the portal session that a token belongs to. */
export class PortalAuthenticator {
  readonly #deps: { database: Database; clock: Clock; tokens: PortalTokens };

  constructor(deps: { database: Database; clock: Clock; tokens: PortalTokens }) {
    this.#deps = deps;
  }

  /**
   * Authenticates the token of a portal session, and reads the session with its user and its service token in one query.
   *
   * @param origin Origin header of the request; null if it has none
   */
  async authenticate(token: string, origin: string | null, source: RequestSource): Promise<PortalCaller | TokenRejection> {
    const claims = this.#deps.tokens.verify(token);
    if ('rejection' in claims) return claims;
    const session = await this.#find(claims.portalSessionId);
    if (session?.userId !== claims.userId) return { rejection: 'unknown portal session' };
    const rejection = rejectionOf(session, origin, this.#deps.clock.now());
    if (rejection) return rejection;
    const { id: portalSessionId, user, serviceToken, permissions, actor: person } = session;
    return {
      kind: 'portal',
      user,
      permissions,
      actor: { kind: 'portal', source, portalSessionId, service: serviceToken.name, person },
    };
  }

  #find(id: string): Promise<FoundSession | null> {
    return this.#deps.database.portalSession.findUnique({
      where: { id },
      include: { user: true, serviceToken: true },
      relationLoadStrategy: 'join',
    });
  }
}

/** Returns why a genuine token is rejected; null if it is valid. */
function rejectionOf(session: FoundSession, origin: string | null, now: Date): TokenRejection | null {
  const { userId, user, serviceToken } = session;
  const { name: serviceTokenName, revokedAt, expiresAt } = serviceToken;
  if (revokedAt !== null) return { rejection: 'service token revoked', userId, serviceToken: serviceTokenName };
  if (expiresAt !== null && storedTime(expiresAt) <= now)
    return { rejection: 'service token expired', userId, serviceToken: serviceTokenName };
  if (user.disabledAt !== null) return { rejection: 'user disabled', userId };
  if (session.endedAt !== null || storedTime(session.expiresAt) <= now) return { rejection: 'portal session ended', userId };
  if (session.origin !== null && session.origin !== origin) return { rejection: 'origin of the portal session', userId };
  return null;
}

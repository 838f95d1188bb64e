import { type RequestSource, userActor } from '../platform/actor.js';
import type { KeywardError } from '../platform/errors/keyward-error.js';
import type { Caller } from './caller.js';
import type { ClaimedPolicies } from './external/claimed-policies.js';
import { type ExternalTokens, unverifiedClaimsOf } from './external/external-tokens.js';
import type { ExternalUsers } from './external/external-users.js';
import { LOCAL_ISSUER } from './pinned-jwt.js';
import type { PortalAuthenticator } from './portal-sessions/portal-authenticator.js';
import { isPortalAudience } from './portal-sessions/portal-token.js';
import type { ActingHeaders } from './service-tokens/acting-headers.js';
import type { ServiceAuthenticator } from './service-tokens/service-authenticator.js';
import { isServiceToken } from './service-tokens/service-token-rules.js';
import type { Sessions, Viewer } from './sessions/sessions.js';
import type { TokenRejection, TokenRejectionLog } from './token-rejection.js';

/** The services that authenticate users of an identity provider. */
export interface ExternalAccounts {
  tokens: ExternalTokens;
  users: ExternalUsers;
  policies: ClaimedPolicies;
}

interface AuthenticatorDependencies {
  /** Null if Keyward keeps no accounts; its own tokens are then rejected. */
  sessions: Sessions | null;
  /** Null if no identity provider is configured. */
  external: ExternalAccounts | null;
  services: ServiceAuthenticator;
  portalSessions: PortalAuthenticator;
  rejections: TokenRejectionLog;
}

/** The headers of a request that the caller depends on. */
interface CallerHeaders extends ActingHeaders {
  /** Origin of the page that sends the request. Null if the request has none. */
  origin: string | null;
}

/** Decides who sends a request: a user with an access token of Keyward or of the identity provider, a portal session, or a service. */
export class Authenticator {
  readonly #deps: AuthenticatorDependencies;

  constructor(deps: AuthenticatorDependencies) {
    this.#deps = deps;
  }

  /**
   * Authenticates a bearer token.
   *
   * @param token as the client sent it
   * @param headers what a service says about the person that it acts for, and the origin that a portal session is bound to. They are
   *   ignored with any other token
   * @returns the caller; null if the token is rejected. The reason is logged and never returned to the client
   * @throws {KeywardError} SERVICE_UNAVAILABLE if the signing keys of the identity provider are unavailable
   */
  async authenticate(token: string, source: RequestSource, headers: CallerHeaders): Promise<Caller | null> {
    const { services, rejections } = this.#deps;
    const result = isServiceToken(token)
      ? await services.authenticate(token, headers, source)
      : await this.#bearer(token, source, headers.origin);
    if (!('rejection' in result)) return result;
    rejections.write(result, source);
    return null;
  }

  /** Logs that a web page sent a service token. @returns the error for its request */
  refuseBrowser(source: RequestSource): KeywardError {
    return this.#deps.services.refuseBrowser(source);
  }

  /** Logs that a service may not use an operation. */
  logRefusal(caller: Caller, refusal: KeywardError): void {
    if (caller.kind === 'service') this.#deps.services.logRefusal(caller, refusal);
  }

  async #bearer(accessToken: string, source: RequestSource, origin: string | null): Promise<Caller | TokenRejection> {
    const claims = unverifiedClaimsOf(accessToken);
    if (claims === null) return { rejection: 'malformed' };
    if (claims.iss === LOCAL_ISSUER && isPortalAudience(claims.aud)) {
      return this.#deps.portalSessions.authenticate(accessToken, origin, source);
    }
    const viewer = await this.#viewer(accessToken, claims.iss, source);
    return 'rejection' in viewer ? viewer : { kind: 'person', viewer, actor: userActor(source) };
  }

  async #viewer(accessToken: string, issuer: unknown, source: RequestSource): Promise<Viewer | TokenRejection> {
    const { external, sessions } = this.#deps;
    if (external && issuer === external.tokens.issuer) return authenticateExternal(external, accessToken, source);
    if (sessions && issuer === LOCAL_ISSUER) return sessions.authenticate(accessToken);
    return { rejection: 'issuer', expected: external?.tokens.issuer ?? LOCAL_ISSUER };
  }
}

async function authenticateExternal(
  { tokens, users, policies }: ExternalAccounts,
  accessToken: string,
  source: RequestSource,
): Promise<Viewer | TokenRejection> {
  const identity = await tokens.verify(accessToken);
  if ('rejection' in identity) return identity;
  const actor = userActor(source);
  const found = await users.findOrCreate(identity, actor);
  const user = identity.policy && found.disabledAt === null ? await policies.apply(found, identity.policy, actor) : found;
  if (user.disabledAt !== null) return { rejection: 'user disabled', userId: user.id };
  return { user, sessionId: null, authenticatedAt: identity.authenticatedAt };
}

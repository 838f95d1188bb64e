import { type RequestSource, userActor } from '../platform/actor.js';
import { claimedIssuerOf, type ExternalTokens } from './external/external-tokens.js';
import type { ExternalUsers } from './external/external-users.js';
import { LOCAL_ISSUER } from './sessions/access-token.js';
import type { Sessions, Viewer } from './sessions/sessions.js';
import type { TokenRejection, TokenRejectionLog } from './token-rejection.js';

/** The services that authenticate users of an identity provider. */
export interface ExternalAccounts {
  tokens: ExternalTokens;
  users: ExternalUsers;
}

/** Authenticates access tokens of Keyward and of the identity provider. */
export class Authenticator {
  readonly #sessions: Sessions | null;
  readonly #external: ExternalAccounts | null;
  readonly #rejections: TokenRejectionLog;

  /**
   * @param options.sessions null if Keyward keeps no accounts; its own tokens are then rejected
   * @param options.external null if no identity provider is configured
   */
  constructor(options: { sessions: Sessions | null; external: ExternalAccounts | null; rejections: TokenRejectionLog }) {
    this.#sessions = options.sessions;
    this.#external = options.external;
    this.#rejections = options.rejections;
  }

  /**
   * Authenticates an access token.
   *
   * @param accessToken as the client sent it
   * @returns the viewer; null if the token is rejected. The reason is logged and never returned to the client
   * @throws {KeywardError} SERVICE_UNAVAILABLE if the signing keys of the identity provider are unavailable
   */
  async authenticate(accessToken: string, source: RequestSource): Promise<Viewer | null> {
    const result = await this.#authenticate(accessToken, source);
    if (!('rejection' in result)) return result;
    this.#rejections.write(result, source);
    return null;
  }

  async #authenticate(accessToken: string, source: RequestSource): Promise<Viewer | TokenRejection> {
    const issuer = claimedIssuerOf(accessToken);
    if (issuer === null) return { rejection: 'malformed' };
    if (this.#external && issuer === this.#external.tokens.issuer) return authenticateExternal(this.#external, accessToken, source);
    if (this.#sessions && issuer === LOCAL_ISSUER) return this.#sessions.authenticate(accessToken);
    return { rejection: 'issuer', expected: this.#external?.tokens.issuer ?? LOCAL_ISSUER };
  }
}

async function authenticateExternal(
  { tokens, users }: ExternalAccounts,
  accessToken: string,
  source: RequestSource,
): Promise<Viewer | TokenRejection> {
  const identity = await tokens.verify(accessToken);
  if ('rejection' in identity) return identity;
  const user = await users.findOrCreate(identity, userActor(source));
  if (user.disabledAt !== null) return { rejection: 'user disabled', userId: user.id };
  return { user, sessionId: null, authenticatedAt: identity.authenticatedAt };
}

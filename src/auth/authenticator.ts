import type { Origin } from '../platform/origin.js';
import { claimedIssuerOf, type ExternalTokens } from './external/external-tokens.js';
import type { ExternalUsers } from './external/external-users.js';
import { LOCAL_ISSUER } from './sessions/access-token.js';
import type { Sessions, Viewer } from './sessions/sessions.js';
import type { TokenRejection, TokenRejectionLog } from './token-rejection.js';

/** What it takes to know the users of an identity provider. */
export interface ExternalAccounts {
  tokens: ExternalTokens;
  users: ExternalUsers;
}

/** Finds out whom an access token speaks for, whoever issued it. */
export class Authenticator {
  readonly #sessions: Sessions | null;
  readonly #external: ExternalAccounts | null;
  readonly #rejections: TokenRejectionLog;

  /**
   * @param options.sessions null: there are no accounts here, and our own tokens are refused
   * @param options.external null: no identity provider is configured
   */
  constructor(options: { sessions: Sessions | null; external: ExternalAccounts | null; rejections: TokenRejectionLog }) {
    this.#sessions = options.sessions;
    this.#external = options.external;
    this.#rejections = options.rejections;
  }

  /**
   * @param accessToken as the client sent it
   * @returns null for a token that is rejected, whatever the reason: that is logged and nobody is answered with it
   * @throws {KeywardError} SERVICE_UNAVAILABLE when the keys of the identity provider can't be had
   */
  async authenticate(accessToken: string, origin: Origin): Promise<Viewer | null> {
    const result = await this.#authenticate(accessToken, origin);
    if (!('rejection' in result)) return result;
    this.#rejections.write(result, origin);
    return null;
  }

  async #authenticate(accessToken: string, origin: Origin): Promise<Viewer | TokenRejection> {
    const issuer = claimedIssuerOf(accessToken);
    if (issuer === null) return { rejection: 'malformed' };
    if (this.#external && issuer === this.#external.tokens.issuer) return authenticateExternal(this.#external, accessToken, origin);
    if (this.#sessions && issuer === LOCAL_ISSUER) return this.#sessions.authenticate(accessToken);
    return { rejection: 'issuer', expected: this.#external?.tokens.issuer ?? LOCAL_ISSUER };
  }
}

async function authenticateExternal(
  { tokens, users }: ExternalAccounts,
  accessToken: string,
  origin: Origin,
): Promise<Viewer | TokenRejection> {
  const identity = await tokens.verify(accessToken);
  if ('rejection' in identity) return identity;
  const user = await users.findOrCreate(identity, origin);
  if (user.disabledAt !== null) return { rejection: 'user disabled', userId: user.id };
  return { user, sessionId: null, authenticatedAt: identity.authenticatedAt };
}

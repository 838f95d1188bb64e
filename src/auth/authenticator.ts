import type { Origin } from '../platform/origin.js';
import type { ExternalTokens } from './external/external-tokens.js';
import type { ExternalUsers } from './external/external-users.js';
import type { Sessions, Viewer } from './sessions.js';

/** What it takes to know the users of an identity provider. */
export interface ExternalAccounts {
  tokens: ExternalTokens;
  users: ExternalUsers;
}

/** Finds out whom an access token speaks for, whoever issued it. */
export class Authenticator {
  readonly #sessions: Sessions | null;
  readonly #external: ExternalAccounts | null;

  /**
   * @param options.sessions null: there are no accounts here, and our own tokens are refused
   * @param options.external null: no identity provider is configured
   */
  constructor(options: { sessions: Sessions | null; external: ExternalAccounts | null }) {
    this.#sessions = options.sessions;
    this.#external = options.external;
  }

  /**
   * @param accessToken as the client sent it
   * @returns null for a token that isn't good, or whose session or user isn't any more
   * @throws {KeywardError} SERVICE_UNAVAILABLE when the keys of the identity provider can't be had
   */
  async authenticate(accessToken: string, origin: Origin): Promise<Viewer | null> {
    if (this.#external?.tokens.isMeant(accessToken)) return authenticateExternal(this.#external, accessToken, origin);
    return this.#sessions ? this.#sessions.authenticate(accessToken) : null;
  }
}

async function authenticateExternal({ tokens, users }: ExternalAccounts, accessToken: string, origin: Origin): Promise<Viewer | null> {
  const identity = await tokens.verify(accessToken);
  if (!identity) return null;
  const user = await users.findOrCreate(identity, origin);
  return user.disabledAt === null ? { user, sessionId: null } : null;
}

import type DataLoader from 'dataloader';
import { createParameterDecorator } from 'type-graphql';
import type { ApiKeyLoaders } from '../api-keys/loaders.js';
import { unauthenticated } from '../platform/errors.js';
import type { RequestContext } from '../platform/graphql/request-context.js';
import type { Origin } from '../platform/origin.js';
import type { UsageLoaders } from '../usage/service.js';
import type { Authenticator } from './authenticator.js';
import type { Viewer } from './sessions.js';
import type { User } from './users.js';

/** What the resolvers of one request share. */
export interface Context extends RequestContext {
  authentication: Authentication;
  /** Whether accounts with a password are kept here. */
  localAccounts: boolean;
  /** Users by id, all that one request asks for in one query. */
  users: DataLoader<string, User | null>;
  /** Keys by id and by successor, the same way. */
  apiKeys: ApiKeyLoaders;
  /** Usage by key, the same way. */
  usage: UsageLoaders;
  /** What was sent as X-Verifier-Token. */
  verifierToken: string | undefined;
}

/** Finds out at most once, and only when it matters, who sent the request. */
export class Authentication {
  readonly #authenticator: Authenticator;
  readonly #bearerToken: string | undefined;
  readonly #origin: Origin;
  #viewer: Promise<Viewer> | undefined;

  constructor(authenticator: Authenticator, bearerToken: string | undefined, origin: Origin) {
    this.#authenticator = authenticator;
    this.#bearerToken = bearerToken;
    this.#origin = origin;
  }

  /** @throws {KeywardError} UNAUTHENTICATED, SERVICE_UNAVAILABLE */
  viewer(): Promise<Viewer> {
    this.#viewer ??= this.#authenticate();
    return this.#viewer;
  }

  async #authenticate(): Promise<Viewer> {
    const viewer = this.#bearerToken === undefined ? null : await this.#authenticator.authenticate(this.#bearerToken, this.#origin);
    if (!viewer) throw unauthenticated();
    return viewer;
  }
}

/** Makes an operation one for signed-in users and gives it the viewer. Without one the method isn't called. */
export const CurrentViewer = () => createParameterDecorator<Context>(({ context }) => context.authentication.viewer());

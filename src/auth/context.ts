import type DataLoader from 'dataloader';
import { createParameterDecorator } from 'type-graphql';
import type { ApiKeyLoaders } from '../api-keys/loaders.js';
import { unauthenticated } from '../platform/errors.js';
import type { RequestContext } from '../platform/graphql/request-context.js';
import type { UsageLoaders } from '../usage/service.js';
import type { Sessions, Viewer } from './sessions.js';
import type { User } from './users.js';

/** What the resolvers of one request share. */
export interface Context extends RequestContext {
  authentication: Authentication;
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
  readonly #sessions: Sessions;
  readonly #bearerToken: string | undefined;
  #viewer: Promise<Viewer> | undefined;

  constructor(sessions: Sessions, bearerToken: string | undefined) {
    this.#sessions = sessions;
    this.#bearerToken = bearerToken;
  }

  /** @throws {KeywardError} UNAUTHENTICATED */
  viewer(): Promise<Viewer> {
    this.#viewer ??= this.#authenticate();
    return this.#viewer;
  }

  async #authenticate(): Promise<Viewer> {
    const viewer = this.#bearerToken === undefined ? null : await this.#sessions.authenticate(this.#bearerToken);
    if (!viewer) throw unauthenticated();
    return viewer;
  }
}

/** Makes an operation one for signed-in users and gives it the viewer. Without one the method isn't called. */
export const CurrentViewer = () => createParameterDecorator<Context>(({ context }) => context.authentication.viewer());

import type DataLoader from 'dataloader';
import { createParameterDecorator } from 'type-graphql';
import { unauthenticated } from '../platform/errors.js';
import type { RequestContext } from '../platform/graphql/request-context.js';
import type { Sessions, Viewer } from './sessions.js';
import type { User } from './users.js';

/** What the resolvers of one request share. */
export interface Context extends RequestContext {
  authentication: Authentication;
  /** Users by id, all that one request asks for in one query. */
  users: DataLoader<string, User | null>;
}

/** Finds out at most once, and only when it matters, who sent the request. */
export class Authentication {
  readonly #sessions: Sessions;
  readonly #authorization: string | undefined;
  #viewer: Promise<Viewer> | undefined;

  constructor(sessions: Sessions, authorization: string | undefined) {
    this.#sessions = sessions;
    this.#authorization = authorization;
  }

  /** @throws {KeywardError} UNAUTHENTICATED */
  viewer(): Promise<Viewer> {
    this.#viewer ??= this.#authenticate();
    return this.#viewer;
  }

  async #authenticate(): Promise<Viewer> {
    // RFC 9110 §11.1: the scheme in any case. RFC 6750 §2.1: one space, though more than one does no harm.
    const [, token] = /^bearer +(\S+)$/i.exec(this.#authorization ?? '') ?? [];
    const viewer = token === undefined ? null : await this.#sessions.authenticate(token);
    if (!viewer) throw unauthenticated();
    return viewer;
  }
}

/** Makes an operation one for signed-in users and gives it the viewer. Without one the method isn't called. */
export const CurrentViewer = () => createParameterDecorator<Context>(({ context }) => context.authentication.viewer());

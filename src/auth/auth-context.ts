import type DataLoader from 'dataloader';
import { createParameterDecorator } from 'type-graphql';
import { unauthenticated } from '../platform/errors/keyward-error.js';
import type { RequestContext } from '../platform/graphql/request-context.js';
import type { Origin } from '../platform/origin.js';
import type { Allowance } from '../platform/rate-limit/fair-use.js';
import type { User } from './accounts/users.js';
import type { Authenticator } from './authenticator.js';
import type { Viewer } from './sessions/sessions.js';

/** What the resolvers of accounts and sessions read of a request. */
export interface AuthContext extends RequestContext {
  authentication: Authentication;
  /** Whether accounts with a password are kept here. */
  localAccounts: boolean;
  /** Users by id, all that one request asks for in one query. */
  users: DataLoader<string, User | null>;
}

interface AuthenticationParts {
  authenticator: Authenticator;
  bearerToken: string | undefined;
  origin: Origin;
  allowance: Allowance;
}

/** Finds out at most once, and only when it matters, who sent the request. */
export class Authentication {
  readonly #parts: AuthenticationParts;
  #viewer: Promise<Viewer> | undefined;

  constructor(parts: AuthenticationParts) {
    this.#parts = parts;
  }

  /**
   * Waits while the user has too many other requests in progress.
   *
   * @throws {KeywardError} UNAUTHENTICATED, RATE_LIMITED, SERVICE_UNAVAILABLE
   */
  viewer(): Promise<Viewer> {
    this.#viewer ??= this.#authenticate();
    return this.#viewer;
  }

  async #authenticate(): Promise<Viewer> {
    const viewer = await this.#find();
    const waited = await this.#parts.allowance.enter(viewer.user.id);
    // Session or user may have ended meanwhile.
    return waited ? this.#find() : viewer;
  }

  async #find(): Promise<Viewer> {
    const { authenticator, bearerToken, origin } = this.#parts;
    const viewer = bearerToken === undefined ? null : await authenticator.authenticate(bearerToken, origin);
    if (!viewer) throw unauthenticated();
    return viewer;
  }
}

/** Makes an operation one for signed-in users and gives it the viewer. Without one the method isn't called. */
export const CurrentViewer = () => createParameterDecorator<AuthContext>(({ context }) => context.authentication.viewer());

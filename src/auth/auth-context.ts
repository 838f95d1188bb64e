import type DataLoader from 'dataloader';
import { createParameterDecorator } from 'type-graphql';
import type { RequestSource } from '../platform/actor.js';
import { unauthenticated } from '../platform/errors/keyward-error.js';
import type { RequestContext } from '../platform/graphql/request-context.js';
import type { Allowance } from '../platform/rate-limit/fair-use.js';
import type { User } from './accounts/users.js';
import type { Authenticator } from './authenticator.js';
import type { Viewer } from './sessions/sessions.js';

/** The part of the request context that the resolvers of accounts and sessions read. */
export interface AuthContext extends RequestContext {
  authentication: Authentication;
  /** Whether Keyward keeps accounts with a password. */
  localAccounts: boolean;
  /** Loads users by id. One query loads all the users that a request needs. */
  users: DataLoader<string, User | null>;
}

interface AuthenticationParts {
  authenticator: Authenticator;
  bearerToken: string | undefined;
  source: RequestSource;
  allowance: Allowance;
}

/** Authenticates the sender of a request: at most once, and only when a resolver needs the viewer. */
export class Authentication {
  readonly #parts: AuthenticationParts;
  #viewer: Promise<Viewer> | undefined;

  constructor(parts: AuthenticationParts) {
    this.#parts = parts;
  }

  /**
   * Returns the signed-in user. Waits while the user has too many other requests in progress.
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
    // Read again, because the session may end or the user may be disabled during the wait.
    return waited ? this.#find() : viewer;
  }

  async #find(): Promise<Viewer> {
    const { authenticator, bearerToken, source } = this.#parts;
    const viewer = bearerToken === undefined ? null : await authenticator.authenticate(bearerToken, source);
    if (!viewer) throw unauthenticated();
    return viewer;
  }
}

/** Injects the viewer as an argument. `closeByDefault` rejected the request if there is no viewer. */
export const CurrentViewer = () => createParameterDecorator<AuthContext>(({ context }) => context.authentication.viewer());

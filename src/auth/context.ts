import type DataLoader from 'dataloader';
import { createParameterDecorator } from 'type-graphql';
import type { ApiKeyLoaders } from '../api-keys/loaders.js';
import { unauthenticated } from '../platform/errors.js';
import type { Allowance } from '../platform/fair-use.js';
import type { RequestContext } from '../platform/graphql/request-context.js';
import type { Origin } from '../platform/origin.js';
import type { UsageLoaders } from '../usage/service.js';
import type { Authenticator } from './authenticator.js';
import type { Viewer } from './sessions.js';
import type { User } from './users.js';

/** The context that the resolvers of one request share. */
export interface Context extends RequestContext {
  authentication: Authentication;
  /** MAX_KEYS_PER_USER. The cost of a list of keys is estimated from it. */
  keysPerUserMax: number;
  /** Whether Keyward keeps accounts with a password. */
  localAccounts: boolean;
  /** Loads users by id. One query loads all the users that a request needs. */
  users: DataLoader<string, User | null>;
  /** Loads keys by id, batched in the same way. */
  apiKeys: ApiKeyLoaders;
  /** Loads usage by key, batched in the same way. */
  usage: UsageLoaders;
  /** The value of the X-Verifier-Token header. */
  verifierToken: string | undefined;
}

interface AuthenticationParts {
  authenticator: Authenticator;
  bearerToken: string | undefined;
  origin: Origin;
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
    const { authenticator, bearerToken, origin } = this.#parts;
    const viewer = bearerToken === undefined ? null : await authenticator.authenticate(bearerToken, origin);
    if (!viewer) throw unauthenticated();
    return viewer;
  }
}

/**
 * Injects the viewer as an argument and so restricts the operation to signed-in users. Without a viewer, the method is not
 * called.
 */
export const CurrentViewer = () => createParameterDecorator<Context>(({ context }) => context.authentication.viewer());

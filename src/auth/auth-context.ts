import type DataLoader from 'dataloader';
import { createParameterDecorator } from 'type-graphql';
import type { RequestActor, RequestSource } from '../platform/actor.js';
import { KeywardError, unauthenticated } from '../platform/errors/keyward-error.js';
import type { RequestContext } from '../platform/graphql/request-context.js';
import type { Allowance } from '../platform/rate-limit/fair-use.js';
import type { User } from './accounts/users.js';
import type { Authenticator } from './authenticator.js';
import { type Access, type Caller, NO_USER_ID, refusalOf, type ServiceCaller, userOf } from './caller.js';
import type { ProductUsers } from './external/product-users.js';
import type { ActingHeaders } from './service-tokens/acting-headers.js';
import type { RefreshCookie } from './sessions/refresh-cookie.js';
import type { Viewer } from './sessions/sessions.js';

/** The part of the request context that the resolvers of accounts and sessions read. */
export interface AuthContext extends RequestContext {
  authentication: Authentication;
  /** Carries the refresh token of the request. */
  refreshCookie: RefreshCookie;
  /** Whether Keyward keeps accounts with a password. */
  localAccounts: boolean;
  /** Loads users by id. One query loads all the users that a request needs. */
  users: DataLoader<string, User | null>;
}

/** The account that an operation is about, and who acts on it: its user, or a service for its user. */
export interface Subject {
  /** NO_USER_ID if a service acts for an unknown user. */
  userId: string;
  actor: RequestActor;
}

interface AuthenticationParts {
  authenticator: Authenticator;
  productUsers: ProductUsers;
  bearerToken: string | undefined;
  source: RequestSource;
  actingHeaders: ActingHeaders;
  /** Origin header of the request. Null if it has none. */
  origin: string | null;
  /** Whether a web page sent a service token, in any header. */
  isServiceTokenOfPage: boolean;
  allowance: Allowance;
}

/** Authenticates the sender of a request: at most once, and only when an operation needs the caller. */
export class Authentication {
  readonly #parts: AuthenticationParts;
  #caller: Promise<Caller> | undefined;

  constructor(parts: AuthenticationParts) {
    this.#parts = parts;
  }

  /**
   * Returns the caller. Waits while the user or the service has too many other requests in progress.
   *
   * @throws {KeywardError} UNAUTHENTICATED, RATE_LIMITED, SERVICE_UNAVAILABLE
   */
  caller(): Promise<Caller> {
    this.#caller ??= this.#authenticate();
    return this.#caller;
  }

  /** @throws {KeywardError} FORBIDDEN if a web page sent a service token */
  refuseBrowser(): void {
    const { authenticator, source, isServiceTokenOfPage } = this.#parts;
    if (isServiceTokenOfPage) throw authenticator.refuseBrowser(source);
  }

  /** Returns the caller if it may use an operation. @throws {KeywardError} like `caller`, and FORBIDDEN */
  async authorize(access: Access): Promise<Caller> {
    const caller = await this.caller();
    const refusal = refusalOf(access, caller);
    if (!refusal) return caller;
    this.#parts.authenticator.logRefusal(caller, refusal);
    throw refusal;
  }

  /** Returns the signed-in user. @throws {KeywardError} FORBIDDEN for a service or a portal session */
  async viewer(): Promise<Viewer> {
    const caller = await this.caller();
    if (caller.kind !== 'person') throw new KeywardError('FORBIDDEN', 'This operation is for signed-in users.');
    return caller.viewer;
  }

  /** Returns the service that sent the request. @throws {KeywardError} FORBIDDEN for every other caller */
  async serviceCaller(): Promise<ServiceCaller> {
    const caller = await this.caller();
    if (caller.kind !== 'service') throw new KeywardError('FORBIDDEN', 'This operation is for services of the product.');
    return caller;
  }

  /** Returns the user that the operation is about. Null if a service acts for an unknown user. */
  async user(): Promise<User | null> {
    return userOf(await this.caller());
  }

  async subject(): Promise<Subject> {
    return { userId: (await this.user())?.id ?? NO_USER_ID, actor: (await this.caller()).actor };
  }

  /** Returns the id of the user that the operation is about. Creates the user if a service acts for an unknown one. */
  async ensuredUserId(): Promise<string> {
    const caller = await this.caller();
    const user = await this.user();
    if (user) return user.id;
    if (caller.kind !== 'service' || caller.onBehalfOf === null) throw unauthenticated();
    const { externalId } = caller.onBehalfOf;
    const created = await this.#parts.productUsers.findOrCreate(externalId, caller.actor);
    // The fields of the answer are those of the new user.
    this.#caller = Promise.resolve({ ...caller, onBehalfOf: { externalId, user: created } });
    return created.id;
  }

  /**
   * Reads the caller again after an operation of a service failed because its user was deleted or disabled meanwhile.
   *
   * @returns whether the operation, which changed nothing, is to be tried again: as for an unknown or disabled user
   */
  async isToBeRetried(error: unknown): Promise<boolean> {
    const isOutdated = error instanceof KeywardError && error.code === 'UNAUTHENTICATED';
    if (!isOutdated || (await this.caller()).kind !== 'service') return false;
    this.#caller = this.#find();
    await this.#caller;
    return true;
  }

  async #authenticate(): Promise<Caller> {
    const caller = await this.#find();
    const waited = await this.#enter(caller);
    // Read again, because the session or the token may end or the user may be disabled during the wait.
    return waited ? this.#find() : caller;
  }

  /** A service that acts for a user consumes the allowance of the user, and so does a portal session. */
  #enter(caller: Caller): Promise<boolean> {
    const { allowance } = this.#parts;
    if (caller.kind === 'portal') return allowance.enter(caller.user.id);
    if (caller.kind === 'person') return allowance.enter(caller.viewer.user.id);
    const { serviceTokenId, onBehalfOf } = caller;
    if (onBehalfOf === null) return allowance.enterAsService(serviceTokenId);
    return allowance.enter(onBehalfOf.user?.id ?? `external ${onBehalfOf.externalId}`);
  }

  async #find(): Promise<Caller> {
    const { authenticator, bearerToken, source, actingHeaders, origin } = this.#parts;
    const caller = bearerToken === undefined ? null : await authenticator.authenticate(bearerToken, source, { ...actingHeaders, origin });
    if (!caller) throw unauthenticated();
    return caller;
  }
}

/** Injects the viewer as an argument. `closeByDefault` rejected the request if there is no viewer. */
export const CurrentViewer = () => createParameterDecorator<AuthContext>(({ context }) => context.authentication.viewer());

/** Injects the subject as an argument, in an operation that `@ForActingServices()` opens to services. */
export const CurrentSubject = () => createParameterDecorator<AuthContext>(({ context }) => context.authentication.subject());

/** Injects the service as an argument, in an operation that `@ForServices()` opens. */
export const CurrentService = () => createParameterDecorator<AuthContext>(({ context }) => context.authentication.serviceCaller());

import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { KeywardError } from '../platform/errors/keyward-error.js';
import { ForActingServices, ForPortalSessions, LocalAccountsOnly, Public } from './access-middleware.js';
import { AuthPayload, ChangePasswordInput, ResetPasswordInput, SignInInput, SignOutPayload, SignUpInput, User } from './auth.graphql.js';
import { type AuthContext, CurrentViewer } from './auth-context.js';
import type { AuthService } from './auth-service.js';
import type { Viewer } from './sessions/sessions.js';

@Resolver()
export class AuthResolver {
  readonly #auth: AuthService;

  constructor(auth: AuthService) {
    this.#auth = auth;
  }

  @ForActingServices()
  @ForPortalSessions()
  @Query(() => User, {
    description:
      'The signed-in user, the user of the portal session, or the user that a service acts for. NOT_FOUND if no user has the external ID that the service sent.',
  })
  async me(@Ctx() { authentication }: AuthContext): Promise<User> {
    const user = await authentication.user();
    if (!user) throw new KeywardError('NOT_FOUND', 'There is no user with this external ID.');
    return user;
  }

  @Public()
  @LocalAccountsOnly()
  @Mutation(() => AuthPayload, {
    description:
      'Creates an account and opens a session. EMAIL_TAKEN if the address has an account, FORBIDDEN if sign-up is disabled, RATE_LIMITED after too many sign-ups from one network.',
  })
  signUp(
    @Arg('input', () => SignUpInput, { description: 'Email address and password of the new account.' }) input: SignUpInput,
    @Ctx() context: AuthContext,
  ): Promise<AuthPayload> {
    return context.refreshCookie.open(() => this.#auth.signUp(input, context.actor));
  }

  @Public()
  @LocalAccountsOnly()
  @Mutation(() => AuthPayload, {
    description:
      'Opens a session. INVALID_CREDENTIALS if email and password do not match, RATE_LIMITED after too many attempts. A user has at most 100 sessions; beyond that, the oldest is ended.',
  })
  signIn(
    @Arg('input', () => SignInInput, { description: 'Email address and password of the account.' }) input: SignInInput,
    @Ctx() context: AuthContext,
  ): Promise<AuthPayload> {
    return context.refreshCookie.open(() => this.#auth.signIn(input, context.actor));
  }

  @Public()
  @LocalAccountsOnly()
  @Mutation(() => AuthPayload, {
    description:
      'Exchanges a refresh token for a new pair of tokens. A refresh token can be exchanged once. For 10 seconds, the previous token gets CONFLICT and ends nothing, because two tabs or a lost response can cause that. After that time it ends the session. An older token always ends the session.',
  })
  refreshSession(
    @Arg('refreshToken', () => String, {
      description: 'Newest refresh token of the session. Empty if the request sends it as the cookie of the console.',
    })
    refreshToken: string,
    @Ctx() context: AuthContext,
  ): Promise<AuthPayload> {
    return context.refreshCookie.exchange(refreshToken, (token) => this.#auth.refreshSession(token, context.actor));
  }

  @Public()
  @LocalAccountsOnly()
  @Mutation(() => SignOutPayload, { description: 'Ends a session. Its access token is rejected from the next request on.' })
  async signOut(
    @Arg('refreshToken', () => String, {
      description: 'Any refresh token of the session. Empty if the request sends it as the cookie of the console.',
    })
    refreshToken: string,
    @Ctx() context: AuthContext,
  ): Promise<SignOutPayload> {
    await context.refreshCookie.end(refreshToken, (token) => this.#auth.signOut(token, context.actor));
    return { signedOut: true };
  }

  @LocalAccountsOnly()
  @Mutation(() => AuthPayload, {
    description:
      'Sets a new password, ends every session, including the current one, and opens a new one. Earlier access tokens are rejected from the next request on.',
  })
  changePassword(
    @Arg('input', () => ChangePasswordInput, { description: 'Current and new password of the account.' }) input: ChangePasswordInput,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: AuthContext,
  ): Promise<AuthPayload> {
    return context.refreshCookie.open(() => this.#auth.changePassword(viewer, input, context.actor));
  }

  @Public()
  @LocalAccountsOnly()
  @Mutation(() => AuthPayload, {
    description: 'Sets a new password with a one-time token from the operator, ends every session and opens a new one.',
  })
  resetPassword(
    @Arg('input', () => ResetPasswordInput, { description: 'Password reset token and new password.' }) input: ResetPasswordInput,
    @Ctx() context: AuthContext,
  ): Promise<AuthPayload> {
    return context.refreshCookie.open(() => this.#auth.resetPassword(input, context.actor));
  }
}

import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { listCost } from '../../platform/graphql/cost.js';
import { CHANGE_COST, SIGN_IN_LIMITS } from '../../platform/limits.js';
import { LocalAccountsOnly } from '../access-middleware.js';
import { EndOtherSessionsPayload, EndSessionPayload, Session } from '../auth.graphql.js';
import { type AuthContext, CurrentViewer } from '../auth-context.js';
import type { OwnSessions } from './own-sessions.js';
import type { Session as SessionRow, Sessions, Viewer } from './sessions.js';

@Resolver(() => Session)
export class SessionResolver {
  readonly #sessions: Sessions;
  readonly #ownSessions: OwnSessions;

  constructor(sessions: Sessions, ownSessions: OwnSessions) {
    this.#sessions = sessions;
    this.#ownSessions = ownSessions;
  }

  @Query(() => [Session], {
    description: 'Your live sessions, at most 100, newest first.',
    complexity: listCost(SIGN_IN_LIMITS.liveSessionsPerUser),
  })
  mySessions(@CurrentViewer() viewer: Viewer): Promise<SessionRow[]> {
    return this.#sessions.listLive(viewer.user.id);
  }

  @Mutation(() => EndSessionPayload, {
    complexity: CHANGE_COST,
    description: 'Ends one of your sessions. NOT_FOUND if no session has this ID, FORBIDDEN if the session belongs to another user.',
  })
  async endSession(
    @Arg('id', () => ID, { description: 'ID of the session to end.' }) id: string,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: AuthContext,
  ): Promise<EndSessionPayload> {
    return { session: await this.#ownSessions.end(viewer.user.id, id, context.actor) };
  }

  @LocalAccountsOnly()
  @Mutation(() => EndOtherSessionsPayload, {
    complexity: CHANGE_COST,
    description: 'Ends all your sessions except the session of the current request. FORBIDDEN if an identity provider keeps your sessions.',
  })
  async endOtherSessions(@CurrentViewer() viewer: Viewer, @Ctx() context: AuthContext): Promise<EndOtherSessionsPayload> {
    return { ended: await this.#ownSessions.endOthers(viewer, context.actor) };
  }

  @FieldResolver(() => Date, { description: 'Time of the sign-in or of the last refresh. The access token may have been used later.' })
  lastUsedAt(@Root() session: SessionRow): Date {
    return session.refreshedAt;
  }

  @FieldResolver(() => Boolean, { description: 'Whether this is the session of the current request.' })
  async current(@Root() session: SessionRow, @Ctx() context: AuthContext): Promise<boolean> {
    return (await context.authentication.viewer()).sessionId === session.id;
  }
}

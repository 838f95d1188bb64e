import { AuditAction } from '../../audit/audit-entry.js';
import type { AuditRecorder } from '../../audit/audit-recorder.js';
import type { RequestSource, UserActor } from '../../platform/actor.js';
import type { Clock } from '../../platform/clock.js';
import type { Database, Transaction } from '../../platform/database/client.js';
import type { Session } from '../../platform/database/generated/client.js';
import { conflict, unauthenticated } from '../../platform/errors/keyward-error.js';
import { canonicalAddress } from '../../platform/ip/address.js';
import { networkOf } from '../../platform/ip/network.js';
import { SIGN_IN_LIMITS } from '../../platform/limits.js';
import { storableUserAgent } from '../../platform/text.js';
import type { User } from '../accounts/users.js';
import type { TokenRejection } from '../token-rejection.js';
import type { AccessTokens } from './access-token.js';
import type { RefreshTokens } from './refresh-token.js';
import { endBeyondLimit, NEWEST_FIRST } from './session-limit.js';

/** Time during which an exchanged refresh token is not treated as stolen: two tabs or a lost response can send it again. */
const REUSE_GRACE_MS = 10_000;

/** Ended sessions are kept for the same time, because the known networks are read from them. */
const KNOWN_NETWORK_MS = SIGN_IN_LIMITS.knownNetworkSeconds * 1_000;

export type { Session };

/** The signed-in user of one request. */
export interface Viewer {
  user: User;
  /** Null for a user of an identity provider: the provider keeps the sessions of its users. */
  sessionId: string | null;
  /** When the identity provider authenticated the user, by its token. Absent for a session of Keyward, null if unknown. */
  authenticatedAt?: Date | null;
}

/** The result of a sign-in or a refresh. */
export interface SignedIn {
  accessToken: string;
  /** Expiry of the access token. */
  expiresAt: Date;
  refreshToken: string;
  user: User;
}

interface SessionDependencies {
  database: Database;
  clock: Clock;
  accessTokens: AccessTokens;
  refreshTokens: RefreshTokens;
  audit: AuditRecorder;
  ttlSeconds: number;
}

/**
 * Sessions: one for each sign-in. The access token names its session. Every authenticated request reads the row of the
 * session, so ending the session takes effect immediately. Refresh tokens rotate by generation (RFC 9700 §4.14.2).
 */
export class Sessions {
  readonly #deps: SessionDependencies;

  constructor(deps: SessionDependencies) {
    this.#deps = deps;
  }

  /**
   * Opens a session for a user after a password check, in the transaction that holds the user's row locked. Ends the
   * oldest sessions beyond the maximum number of sessions for each user.
   */
  async open(transaction: Transaction, user: User, actor: UserActor): Promise<SignedIn> {
    const now = this.#deps.clock.now();
    await transaction.session.deleteMany({
      where: { userId: user.id, expiresAt: { lt: new Date(now.getTime() - KNOWN_NETWORK_MS) } },
    });
    const session = await transaction.session.create({
      data: { userId: user.id, network: networkOf(actor.source.ipAddress), createdAt: now, ...this.#refreshed(now, actor.source) },
    });
    const sessions = await endBeyondLimit(transaction, user.id, now);
    if (sessions > 0) {
      const details = { reason: 'too many sessions', sessions };
      await this.#deps.audit.record(transaction, { userId: user.id, action: AuditAction.SESSION_ENDED, details }, actor);
    }
    return this.#signedIn(session, user);
  }

  /**
   * Authenticates an access token and reads its session, in one query.
   *
   * @param accessToken as the client sent it
   * @returns the viewer; the reason for the rejection if the token is invalid or its session or user is not live
   */
  async authenticate(accessToken: string): Promise<Viewer | TokenRejection> {
    const claims = this.#deps.accessTokens.verify(accessToken);
    if ('rejection' in claims) return claims;
    const session = await this.#find(claims.sessionId);
    const { userId } = claims;
    if (session?.userId !== userId) return { rejection: 'unknown session' };
    if (session.user.disabledAt !== null) return { rejection: 'user disabled', userId };
    return this.#isLive(session) ? { user: session.user, sessionId: session.id } : { rejection: 'session ended', userId };
  }

  /**
   * Exchanges the token of the current generation for the next one. For ten seconds, the previous token changes nothing.
   * Any other earlier token indicates a copy, so it ends the session.
   *
   * @throws {KeywardError} CONFLICT for the previous token within ten seconds, UNAUTHENTICATED for any other invalid token
   */
  async refresh(refreshToken: string, actor: UserActor): Promise<SignedIn> {
    const token = this.#deps.refreshTokens.read(refreshToken);
    const session = token && (await this.#find(token.sessionId));
    if (!session || !this.#isLive(session)) throw unauthenticated();
    const renewed = await this.#advance(this.#deps.database, { id: session.id, generation: token.generation }, actor);
    if (renewed) return this.#signedIn(renewed, session.user);
    return this.#refuseReplaced(session.id, token.generation, actor);
  }

  /**
   * Ends every session of the user, including the current one, and opens a new one. Copies of earlier tokens become invalid.
   *
   * @throws {KeywardError} UNAUTHENTICATED if the current session was ended by a concurrent request
   */
  async replaceAll(transaction: Transaction, { user, sessionId }: { user: User; sessionId: string }, actor: UserActor): Promise<SignedIn> {
    const data = { endedAt: this.#deps.clock.now() };
    const { count } = await transaction.session.updateMany({ where: { id: sessionId, endedAt: null }, data });
    if (count === 0) throw unauthenticated();
    await this.endAll(transaction, user.id);
    return this.open(transaction, user, actor);
  }

  /**
   * Ends the session of a refresh token of any generation. Ending an ended session changes nothing.
   *
   * @throws {KeywardError} UNAUTHENTICATED for a token that Keyward did not issue
   */
  async end(refreshToken: string, actor: UserActor): Promise<void> {
    const token = this.#deps.refreshTokens.read(refreshToken);
    if (!token) throw unauthenticated();
    await this.endOne(token.sessionId, AuditAction.USER_SIGNED_OUT, actor);
  }

  /** Ends a live session and records the reason in the audit log. */
  endOne(id: string, action: AuditAction, actor: UserActor): Promise<void> {
    return this.#deps.database.$transaction(async (transaction) => {
      const [ended] = await transaction.session.updateManyAndReturn({
        where: { id, endedAt: null },
        data: { endedAt: this.#deps.clock.now() },
      });
      if (ended) await this.#deps.audit.record(transaction, { userId: ended.userId, action }, actor);
    });
  }

  /** Ends all sessions of a user, in the transaction of the change that requires it. @returns the number of ended sessions */
  async endAll(transaction: Transaction, userId: string): Promise<number> {
    const data = { endedAt: this.#deps.clock.now() };
    return (await transaction.session.updateMany({ where: { userId, endedAt: null }, data })).count;
  }

  /** Returns the number of the user's sessions, including ended ones that are still stored. */
  countAll(transaction: Transaction, userId: string): Promise<number> {
    return transaction.session.count({ where: { userId } });
  }

  /** Returns all sessions of the user that are stored, newest first, with ended ones. */
  listAll(userId: string): Promise<Session[]> {
    return this.#deps.database.session.findMany({ where: { userId }, orderBy: NEWEST_FIRST });
  }

  /** Returns the user's live sessions, newest first, up to the maximum number for each user. */
  listLive(userId: string): Promise<Session[]> {
    return this.#deps.database.session.findMany({
      where: { userId, endedAt: null, expiresAt: { gt: this.#deps.clock.now() } },
      orderBy: NEWEST_FIRST,
      take: SIGN_IN_LIMITS.liveSessionsPerUser,
    });
  }

  /** Returns whether a session of the account was created or refreshed from this network within KNOWN_NETWORK_MS. */
  async isKnownNetwork(userId: string, network: string): Promise<boolean> {
    const since = new Date(this.#deps.clock.now().getTime() - KNOWN_NETWORK_MS);
    const session = await this.#deps.database.session.findFirst({
      where: {
        userId,
        OR: [
          { network, createdAt: { gte: since } },
          { refreshedNetwork: network, refreshedAt: { gte: since } },
        ],
      },
      select: { id: true },
    });
    return session !== null;
  }

  /**
   * Advances a live session to its next generation and extends its expiry, in one statement.
   *
   * @param session a given generation must be the current one
   * @returns null if the generation is not the current one or the session is not live
   */
  async #advance(database: Transaction, session: { id: string; generation?: number }, actor: UserActor): Promise<Session | null> {
    const now = this.#deps.clock.now();
    const [renewed] = await database.session.updateManyAndReturn({
      where: { ...session, endedAt: null, expiresAt: { gt: now } },
      data: { generation: { increment: 1 }, refreshedNetwork: networkOf(actor.source.ipAddress), ...this.#refreshed(now, actor.source) },
    });
    return renewed ?? null;
  }

  async #refuseReplaced(sessionId: string, generation: number, actor: UserActor): Promise<never> {
    const session = await this.#find(sessionId);
    if (!session || !this.#isLive(session)) throw unauthenticated();
    const justReplaced =
      generation === session.generation - 1 && this.#deps.clock.now().getTime() - session.refreshedAt.getTime() <= REUSE_GRACE_MS;
    if (justReplaced) throw conflict();
    if (generation < session.generation) await this.endOne(sessionId, AuditAction.SESSION_REUSE_DETECTED, actor);
    throw unauthenticated();
  }

  #find(id: string): Promise<(Session & { user: User }) | null> {
    return this.#deps.database.session.findUnique({ where: { id }, include: { user: true }, relationLoadStrategy: 'join' });
  }

  #isLive(session: Session & { user: User }): boolean {
    return session.endedAt === null && session.expiresAt > this.#deps.clock.now() && session.user.disabledAt === null;
  }

  #refreshed(now: Date, { ipAddress, userAgent }: RequestSource) {
    return {
      refreshedAt: now,
      expiresAt: new Date(now.getTime() + this.#deps.ttlSeconds * 1_000),
      ipAddress: canonicalAddress(ipAddress),
      userAgent: storableUserAgent(userAgent),
    };
  }

  #signedIn(session: Session, user: User): SignedIn {
    const { token, expiresAt } = this.#deps.accessTokens.issue({ userId: user.id, sessionId: session.id });
    const refreshToken = this.#deps.refreshTokens.issue({ sessionId: session.id, generation: session.generation });
    return { accessToken: token, expiresAt, refreshToken, user };
  }
}

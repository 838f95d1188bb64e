import { validate as isUuid } from 'uuid';
import { AuditAction } from '../../audit/audit-entry.js';
import type { AuditRecorder } from '../../audit/audit-recorder.js';
import type { UserActor } from '../../platform/actor.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database/client.js';
import { KeywardError, unauthenticated } from '../../platform/errors/keyward-error.js';
import { accountKeptElsewhere, type Users } from '../accounts/users.js';
import type { Session, Sessions, Viewer } from './sessions.js';

interface OwnSessionDependencies {
  database: Database;
  clock: Clock;
  users: Users;
  sessions: Sessions;
  audit: AuditRecorder;
}

/** Ends sessions of a user at the request of the user. */
export class OwnSessions {
  readonly #deps: OwnSessionDependencies;

  constructor(deps: OwnSessionDependencies) {
    this.#deps = deps;
  }

  /**
   * Ends one of the user's sessions. Ending an ended session changes nothing and returns the same result.
   *
   * @throws {KeywardError} NOT_FOUND, FORBIDDEN for a session of another user
   */
  async end(userId: string, id: string, actor: UserActor): Promise<Session> {
    const session = isUuid(id) ? await this.#deps.database.session.findUnique({ where: { id } }) : null;
    if (!session) throw new KeywardError('NOT_FOUND', 'There is no session with this ID.');
    if (session.userId !== userId) {
      await this.#deps.audit.recordRefusal(userId, { sessionId: id }, actor);
      throw new KeywardError('FORBIDDEN', 'This session belongs to another user.');
    }
    await this.#deps.sessions.endOne(id, AuditAction.SESSION_ENDED, actor);
    return session;
  }

  /**
   * Ends every session of the viewer except the current one. The user's lock makes two sessions that end each other run one after
   * the other, so that one of them remains.
   *
   * @returns the number of sessions that were ended
   * @throws {KeywardError} UNAUTHENTICATED if the current session was ended by a concurrent request, FORBIDDEN for a user of an
   *   identity provider, which keeps the sessions of its users
   */
  async endOthers({ user, sessionId }: Viewer, actor: UserActor): Promise<number> {
    if (sessionId === null) throw accountKeptElsewhere();
    return this.#deps.users.withLocked(user.id, async (transaction) => {
      const current = await transaction.session.findFirst({ where: { id: sessionId, ...this.#live() }, select: { id: true } });
      if (!current) throw unauthenticated();
      const { count: sessions } = await transaction.session.updateMany({
        where: { userId: user.id, id: { not: sessionId }, ...this.#live() },
        data: { endedAt: this.#deps.clock.now() },
      });
      const details = { reason: 'all other sessions', sessions };
      if (sessions > 0) await this.#deps.audit.record(transaction, { userId: user.id, action: AuditAction.SESSION_ENDED, details }, actor);
      return sessions;
    });
  }

  #live() {
    return { endedAt: null, expiresAt: { gt: this.#deps.clock.now() } };
  }
}

import { validate as isUuid } from 'uuid';
import type { ApiKeyQueries } from '../api-keys/api-key-queries.js';
import { AuditAction } from '../audit/audit-entry.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import type { AccountDeletion } from '../auth/accounts/account-deletion.js';
import type { ResetTokens } from '../auth/accounts/reset-tokens.js';
import type { User, Users } from '../auth/accounts/users.js';
import type { Sessions } from '../auth/sessions/sessions.js';
import { type Actor, actorFields } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Transaction } from '../platform/database/client.js';
import { KeywardError } from '../platform/errors/keyward-error.js';
import type { Logger } from '../platform/logger.js';

interface Dependencies {
  clock: Clock;
  users: Users;
  sessions: Sessions;
  resetTokens: ResetTokens;
  deletion: AccountDeletion;
  keyQueries: ApiKeyQueries;
  audit: AuditRecorder;
  logger: Logger;
}

/** A user that was deleted, with the numbers of deleted keys and sessions. */
export interface DeletedUser {
  user: User;
  keys: number;
  sessions: number;
}

/**
 * Disables, enables and deletes users, for services and the operator. The audit log of the user records each change with its actor.
 * Each method throws NOT_FOUND if there is no user with the id.
 */
export class UserAdministration {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Returns a user. */
  async get(id: string): Promise<User> {
    const [user] = isUuid(id) ? await this.#deps.users.findByIds([id]) : [];
    if (!user) throw noSuchUser();
    return user;
  }

  /** Disables a user. The tokens and keys are rejected from the next request on. Disabling a disabled user changes nothing. */
  disable(id: string, actor: Actor): Promise<User> {
    return this.#setDisabled(id, AuditAction.USER_DISABLED, actor);
  }

  /** Enables a user. The keys are valid again; the earlier sessions stay ended. */
  enable(id: string, actor: Actor): Promise<User> {
    return this.#setDisabled(id, AuditAction.USER_ENABLED, actor);
  }

  /** Deletes a user with sessions, keys and usage. The audit log is kept. */
  delete(id: string, actor: Actor): Promise<DeletedUser> {
    return this.#change(id, actor, async (transaction, user) => {
      const keys = await this.#deps.keyQueries.countAll(transaction, id);
      const sessions = await this.#deps.sessions.countAll(transaction, id);
      await this.#deps.deletion.run(transaction, id, actor);
      return { result: { user, keys, sessions }, logged: 'user deleted' };
    });
  }

  /** Ends every session of a user. The tokens are rejected from the next request on. @returns the number of ended sessions */
  endSessions(id: string, actor: Actor): Promise<{ user: User; sessions: number }> {
    return this.#change(id, actor, async (transaction, user) => {
      const sessions = await this.#deps.sessions.endAll(transaction, id);
      const details = { reason: 'all sessions', sessions };
      if (sessions > 0) await this.#deps.audit.record(transaction, { userId: id, action: AuditAction.SESSION_ENDED, details }, actor);
      return { result: { user, sessions }, logged: sessions > 0 ? 'sessions of a user ended' : null };
    });
  }

  #setDisabled(id: string, action: AuditAction.USER_DISABLED | AuditAction.USER_ENABLED, actor: Actor): Promise<User> {
    const { clock, users, sessions, resetTokens, audit } = this.#deps;
    const disabledAt = action === AuditAction.USER_DISABLED ? clock.now() : null;
    return this.#change(id, actor, async (transaction, user) => {
      if ((user.disabledAt === null) === (disabledAt === null)) return { result: user, logged: null };
      if (disabledAt) {
        await sessions.endAll(transaction, id);
        await resetTokens.discard(transaction, id);
      }
      const result = await users.setDisabled(transaction, id, disabledAt);
      await audit.record(transaction, { userId: id, action }, actor);
      return { result, logged: disabledAt ? 'user disabled' : 'user enabled' };
    });
  }

  /** Runs a change under the user's lock, and logs it. */
  async #change<T>(
    id: string,
    actor: Actor,
    change: (transaction: Transaction, user: User) => Promise<{ result: T; logged: string | null }>,
  ): Promise<T> {
    const user = await this.get(id);
    const changeLocked = (transaction: Transaction, locked: { disabledAt: Date | null }) =>
      change(transaction, { ...user, disabledAt: locked.disabledAt });
    const { result, logged } = await this.#deps.users.withLocked(id, changeLocked, { alsoDisabled: true, goneError: noSuchUser });
    if (logged !== null) this.#deps.logger.info({ ...actorFields(actor), userId: id }, logged);
    return result;
  }
}

const noSuchUser = () => new KeywardError('NOT_FOUND', 'There is no user with this ID.');

import { AuditAction } from '../audit/audit-entry.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import { actorFields, type UserActor } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import { badUserInput, conflict, KeywardError, refuseFaults, unauthenticated } from '../platform/errors/keyward-error.js';
import { networkOf } from '../platform/ip/network.js';
import { PASSWORD_QUEUE_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import type { Turn } from '../platform/queues/hash-queue.js';
import { KeyedQueue } from '../platform/queues/keyed-queue.js';
import { turnOf } from '../platform/queues/network-turn.js';
import type { AccountDeletion } from './accounts/account-deletion.js';
import { readEmail, readNewEmail } from './accounts/email.js';
import type { Passwords } from './accounts/password.js';
import { PasswordProof } from './accounts/password-proof.js';
import type { PasswordRules } from './accounts/password-rules.js';
import type { ResetTokens } from './accounts/reset-tokens.js';
import { accountKeptElsewhere, emailTaken, type User, type Users } from './accounts/users.js';
import type { Sessions, SignedIn, Viewer } from './sessions/sessions.js';
import type { SignInLimits } from './sign-in-limits.js';

export interface Credentials {
  email: string;
  password: string;
}

/** Attempts to sign in when a concurrent sign-in replaces the hash of the password during the check. */
const SIGN_IN_TRIES = 3;

/** Time after the authentication of a user by an identity provider during which the token replaces a password check. */
const FRESH_SECONDS = 300;

interface AuthDependencies {
  clock: Clock;
  users: Users;
  sessions: Sessions;
  passwords: Passwords;
  rules: PasswordRules;
  resetTokens: ResetTokens;
  limits: SignInLimits;
  deletion: AccountDeletion;
  audit: AuditRecorder;
  logger: Logger;
  signUpIsOpen: boolean;
}

/** Sign-up, sign-in, sign-out and the operations that require a password. */
export class AuthService {
  readonly #deps: AuthDependencies;
  readonly #proof: PasswordProof;
  /** One queue for each network, so that at most one undecided attempt of it is counted, or for each signed-in user. */
  readonly #turns = new KeyedQueue({
    waitingMax: PASSWORD_QUEUE_LIMITS.requestsPerAddressMax,
    waitingMsMax: PASSWORD_QUEUE_LIMITS.requestWaitingMsMax,
  });

  constructor(deps: AuthDependencies) {
    this.#deps = deps;
    this.#proof = new PasswordProof(deps);
  }

  /**
   * Creates an account and opens a session.
   * @throws {KeywardError} FORBIDDEN if sign-up is disabled, BAD_USER_INPUT, EMAIL_TAKEN, RATE_LIMITED, SERVICE_UNAVAILABLE
   */
  async signUp(input: Credentials, actor: UserActor): Promise<SignedIn> {
    if (!this.#deps.signUpIsOpen) throw new KeywardError('FORBIDDEN', 'Sign-up is disabled. Ask the operator for an account.');
    const { email, fault } = readNewEmail(input.email);
    const passwordFault = this.#deps.rules.fault(input.password, fault === null ? email : null);
    refuseFaults('input.', (report) => {
      report('email', fault);
      report('password', passwordFault);
    });
    const signedIn = await this.#inTurn(networkOf(actor.source.ipAddress), async () => {
      const giveBack = await this.#deps.limits.signUp(actor.source.ipAddress);
      try {
        return await this.#createUser(email, input.password, actor);
      } catch (error) {
        if (!(error instanceof KeywardError && error.code === 'EMAIL_TAKEN')) await giveBack();
        throw error;
      }
    });
    this.#deps.logger.info({ ...actorFields(actor), userId: signedIn.user.id }, 'user signed up');
    return signedIn;
  }

  /**
   * Opens a session. An unknown address, a wrong password and a disabled user get the same error, after the same work.
   *
   * @throws {KeywardError} INVALID_CREDENTIALS, RATE_LIMITED, SERVICE_UNAVAILABLE
   */
  async signIn(input: Credentials, actor: UserActor): Promise<SignedIn> {
    const { email, fault } = readEmail(input.email);
    const find = async () => (fault === null ? this.#deps.users.findByEmail(email) : null);
    const signedIn = await this.#inTurn(networkOf(actor.source.ipAddress), async () => {
      for (let tries = 1; tries <= SIGN_IN_TRIES; tries += 1) {
        const { user, turn } = await this.#proof.forSignIn({ email, password: input.password, find }, actor);
        const session = await this.#open(user, input.password, turn, actor);
        if (session) return session;
      }
      throw conflict();
    });
    this.#deps.logger.info({ ...actorFields(actor), userId: signedIn.user.id }, 'user signed in');
    return signedIn;
  }

  /** Exchanges a refresh token. @throws {KeywardError} CONFLICT, UNAUTHENTICATED, like Sessions.refresh */
  refreshSession(refreshToken: string, actor: UserActor): Promise<SignedIn> {
    return this.#deps.sessions.refresh(refreshToken, actor);
  }

  /** Ends the session of a refresh token. @throws {KeywardError} UNAUTHENTICATED for a token that Keyward did not issue */
  signOut(refreshToken: string, actor: UserActor): Promise<void> {
    return this.#deps.sessions.end(refreshToken, actor);
  }

  /**
   * Sets a new password, ends every session, including the current one, and opens a new one.
   *
   * @throws {KeywardError} INVALID_CREDENTIALS for a wrong current password, BAD_USER_INPUT, RATE_LIMITED, CONFLICT; FORBIDDEN
   *   for a user of an identity provider
   */
  async changePassword(viewer: Viewer, input: { currentPassword: string; newPassword: string }, actor: UserActor): Promise<SignedIn> {
    const { user, sessionId } = viewer;
    if (sessionId === null) throw accountKeptElsewhere();
    refuseFaults('input.', (report) => report('newPassword', this.#deps.rules.fault(input.newPassword, user.email)));
    const signedIn = await this.#inTurn(user.id, async () => {
      const { user: proven } = await this.#proof.again(user, input.currentPassword, actor);
      const passwordHash = await this.#deps.passwords.hash(input.newPassword, turnOf(actor.source.ipAddress, true));
      return this.#deps.users.withLocked({ id: user.id, request: actor.source }, async (transaction, locked) => {
        if (locked.passwordHash !== proven.passwordHash) throw conflict();
        await transaction.user.update({ where: { id: user.id }, data: { passwordHash } });
        await this.#deps.resetTokens.discard(transaction, user.id);
        await this.#deps.audit.record(transaction, { userId: user.id, action: AuditAction.PASSWORD_CHANGED }, actor);
        return this.#deps.sessions.replaceAll(transaction, { user, sessionId }, actor);
      });
    });
    this.#deps.logger.info({ ...actorFields(actor), userId: user.id }, 'password changed');
    return signedIn;
  }

  /**
   * Sets a new password with a one-time token, ends every session and opens a new one.
   *
   * @throws {KeywardError} UNAUTHENTICATED for an invalid token; BAD_USER_INPUT, which does not consume the token
   */
  async resetPassword(input: { token: string; newPassword: string }, actor: UserActor): Promise<SignedIn> {
    const user = await this.#deps.resetTokens.find(input.token);
    if (!user) throw unauthenticated();
    refuseFaults('input.', (report) => report('newPassword', this.#deps.rules.fault(input.newPassword, user.email)));
    const signedIn = await this.#inTurn(user.id, async () => {
      const passwordHash = await this.#deps.passwords.hash(input.newPassword, turnOf(actor.source.ipAddress, true));
      return this.#deps.users.withLocked({ id: user.id, request: actor.source }, async (transaction) => {
        if (!(await this.#deps.resetTokens.take(transaction, input.token))) throw unauthenticated();
        await transaction.user.update({ where: { id: user.id }, data: { passwordHash } });
        await this.#deps.sessions.endAll(transaction, user.id);
        await this.#deps.audit.record(transaction, { userId: user.id, action: AuditAction.PASSWORD_RESET }, actor);
        return this.#deps.sessions.open(transaction, user, actor);
      });
    });
    this.#deps.logger.info({ ...actorFields(actor), userId: user.id }, 'password reset');
    return signedIn;
  }

  /**
   * Deletes the viewer's account with its sessions, its keys and their usage. The audit log is kept.
   *
   * @param password null if absent; not required for a user of an identity provider
   * @throws {KeywardError} BAD_USER_INPUT for a missing password, INVALID_CREDENTIALS for a wrong one, RATE_LIMITED,
   *   SERVICE_UNAVAILABLE; FORBIDDEN for a user of an identity provider who signed in there too long ago
   */
  async deleteAccount(viewer: Viewer, password: string | null, actor: UserActor): Promise<void> {
    const { user } = viewer;
    if (user.externalId === null) await this.#deleteByPassword(user, password, actor);
    else await this.#deleteByFreshToken(viewer, actor);
    this.#deps.logger.info({ ...actorFields(actor), userId: user.id }, 'user deleted');
  }

  async #deleteByPassword(user: User, password: string | null, actor: UserActor): Promise<void> {
    if (password === null) throw badUserInput([{ path: 'password', message: 'is required for an account with a password' }]);
    await this.#inTurn(user.id, async () => {
      const { user: proven } = await this.#proof.again(user, password, actor);
      await this.#deps.users.withLocked({ id: user.id, request: actor.source }, async (transaction, locked) => {
        if (locked.passwordHash !== proven.passwordHash) throw conflict();
        await this.#deps.deletion.run(transaction, user.id, actor);
      });
    });
  }

  async #deleteByFreshToken({ user, authenticatedAt }: Viewer, actor: UserActor): Promise<void> {
    const ageMs = authenticatedAt ? this.#deps.clock.now().getTime() - authenticatedAt.getTime() : Number.POSITIVE_INFINITY;
    if (ageMs > FRESH_SECONDS * 1_000) {
      throw new KeywardError(
        'FORBIDDEN',
        'Sign in again at your identity provider. Deleting the account requires a sign-in there in the last 5 minutes.',
      );
    }
    await this.#deps.users.withLocked(user.id, (transaction) => this.#deps.deletion.run(transaction, user.id, actor));
  }

  async #createUser(email: string, password: string, actor: UserActor): Promise<SignedIn> {
    if (await this.#deps.users.findByEmail(email)) throw emailTaken();
    const passwordHash = await this.#deps.passwords.hash(password, turnOf(actor.source.ipAddress));
    return this.#deps.users.create(
      { email, passwordHash, createdAt: this.#deps.clock.now() },
      async (transaction, user) => {
        await this.#deps.audit.record(transaction, { userId: user.id, action: AuditAction.USER_SIGNED_UP }, actor);
        return this.#deps.sessions.open(transaction, user, actor);
      },
      actor.source,
    );
  }

  #inTurn<T>(key: string, task: () => Promise<T>): Promise<T> {
    return this.#turns.run(key, task);
  }

  /**
   * Opens a session under the user's lock, because the password may have been changed, or the user disabled, since the
   * comparison. A hash with an outdated cost is replaced, because the plaintext is available only now.
   *
   * @returns null if the hash has changed since the comparison, so that the password must be checked again
   */
  async #open(user: User, password: string, turn: Turn, actor: UserActor): Promise<SignedIn | null> {
    const renewedHash =
      user.passwordHash !== null && this.#deps.passwords.isOutdated(user.passwordHash)
        ? await this.#deps.passwords.hash(password, turn)
        : null;
    return this.#deps.users.withLocked({ id: user.id, request: actor.source }, async (transaction, locked) => {
      if (locked.passwordHash !== user.passwordHash) return null;
      if (renewedHash !== null) await transaction.user.update({ where: { id: user.id }, data: { passwordHash: renewedHash } });
      await this.#deps.audit.record(transaction, { userId: user.id, action: AuditAction.USER_SIGNED_IN }, actor);
      return this.#deps.sessions.open(transaction, user, actor);
    });
  }
}

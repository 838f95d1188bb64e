import type { Clock } from '../platform/clock.js';
import { badUserInput, conflict, type FieldFault, KeywardError } from '../platform/errors.js';
import { KeyedQueue } from '../platform/keyed-queue.js';
import type { Logger } from '../platform/logger.js';
import { networkOf } from '../platform/network.js';
import { logEntry, type Origin } from '../platform/origin.js';
import { canonicalEmail, emailFault } from './email.js';
import type { Passwords } from './password.js';
import type { Sessions, SignedIn, Viewer } from './sessions.js';
import type { SignInLimits } from './sign-in-limits.js';
import { emailTaken, type User, type Users } from './users.js';

export interface Credentials {
  email: string;
  password: string;
}

const invalidCredentials = () => new KeywardError('INVALID_CREDENTIALS', 'Email or password is wrong.');

const fieldFaults = (faults: Record<string, string | null>): FieldFault[] =>
  Object.entries(faults).flatMap(([path, message]) => (message === null ? [] : [{ path, message }]));

/** Signing up, in and out, and changing the password. */
export class AuthService {
  readonly #clock: Clock;
  readonly #users: Users;
  readonly #sessions: Sessions;
  readonly #passwords: Passwords;
  readonly #limits: SignInLimits;
  readonly #logger: Logger;
  readonly #signUps = new KeyedQueue();
  readonly #signIns = new KeyedQueue();

  constructor(options: { clock: Clock; users: Users; sessions: Sessions; passwords: Passwords; limits: SignInLimits; logger: Logger }) {
    this.#clock = options.clock;
    this.#users = options.users;
    this.#sessions = options.sessions;
    this.#passwords = options.passwords;
    this.#limits = options.limits;
    this.#logger = options.logger;
  }

  /** @throws {KeywardError} BAD_USER_INPUT, EMAIL_TAKEN */
  async signUp(input: Credentials, origin: Origin): Promise<SignedIn> {
    const email = canonicalEmail(input.email);
    const faults = fieldFaults({ 'input.email': emailFault(email), 'input.password': this.#passwords.fault(input.password, email) });
    if (faults.length > 0) throw badUserInput(faults);
    // One after another for one address, so that a flood of them costs one hash. The unique index has the last word.
    return this.#signUps.run(email, async () => {
      if (await this.#users.findByEmail(email)) throw emailTaken();
      const passwordHash = await this.#passwords.hash(input.password);
      const user = await this.#users.create({ email, passwordHash, createdAt: this.#clock.now() });
      this.#logger.info({ ...logEntry(origin), userId: user.id }, 'user signed up');
      return this.#open(user, origin);
    });
  }

  /**
   * Unknown address, wrong password and disabled user are one answer, after the same work.
   *
   * @throws {KeywardError} INVALID_CREDENTIALS, RATE_LIMITED, SERVICE_UNAVAILABLE
   */
  async signIn(input: Credentials, origin: Origin): Promise<SignedIn> {
    const email = canonicalEmail(input.email);
    const user = await this.#prove(email, input.password, origin, () => this.#users.findByEmail(email));
    const upToDate = this.#passwords.isOutdated(user.passwordHash) ? await this.#rehash(user, input.password) : user;
    const signedIn = await this.#open(upToDate, origin);
    this.#logger.info({ ...logEntry(origin), userId: user.id }, 'user signed in');
    return signedIn;
  }

  /** @throws {KeywardError} CONFLICT, UNAUTHENTICATED: see Sessions.refresh */
  refreshSession(refreshToken: string): Promise<SignedIn> {
    return this.#sessions.refresh(refreshToken);
  }

  /** @throws {KeywardError} UNAUTHENTICATED for a token that isn't one of ours */
  signOut(refreshToken: string): Promise<void> {
    return this.#sessions.end(refreshToken);
  }

  /**
   * Ends every other session and gives this one new tokens.
   *
   * @throws {KeywardError} INVALID_CREDENTIALS for a wrong current password, BAD_USER_INPUT, RATE_LIMITED, CONFLICT
   */
  async changePassword(viewer: Viewer, input: { currentPassword: string; newPassword: string }, origin: Origin): Promise<SignedIn> {
    const { user } = viewer;
    const faults = fieldFaults({ 'input.newPassword': this.#passwords.fault(input.newPassword, user.email) });
    if (faults.length > 0) throw badUserInput(faults);
    // Counted like a sign-in: whoever found an open session could otherwise guess the password here.
    const proven = await this.#prove(user.email, input.currentPassword, origin, async () => user);
    const passwordHash = await this.#passwords.hash(input.newPassword);
    const signedIn = await this.#users.withLocked(user.id, async (transaction, locked) => {
      if (locked.passwordHash !== proven.passwordHash) throw conflict();
      await transaction.user.update({ where: { id: user.id }, data: { passwordHash } });
      return this.#sessions.keepOnly(transaction, viewer);
    });
    this.#logger.info({ ...logEntry(origin), userId: user.id }, 'password changed');
    return signedIn;
  }

  /** @returns the user that email and password belong to */
  #prove(email: string, password: string, origin: Origin, find: () => Promise<User | null>): Promise<User> {
    // The tries of one network for one account wait for each other: the right password sent many times at once is no
    // guessing, and must not use up the budget while it is being checked.
    return this.#signIns.run(`${email} ${networkOf(origin.ipAddress)}`, async () => {
      const attempt = await this.#limits.attempt(email, origin.ipAddress, async (network) => {
        const user = await find();
        return user !== null && this.#sessions.isKnownNetwork(user.id, network);
      });
      const user = await this.#compare(password, find).catch((error: unknown) => {
        // Nothing was learned about the password, so nothing is counted.
        attempt.forgive();
        throw error;
      });
      if (!user) {
        this.#logger.info(logEntry(origin), 'sign-in refused');
        throw invalidCredentials();
      }
      attempt.forgive();
      return user;
    });
  }

  async #compare(password: string, find: () => Promise<User | null>): Promise<User | null> {
    const user = await find();
    const matches = await this.#passwords.matches(password, user?.passwordHash);
    return matches && user?.disabledAt === null ? user : null;
  }

  /** Brings a hash that was made at another cost to the configured one, while the password is at hand. */
  async #rehash(user: User, password: string): Promise<User> {
    const passwordHash = await this.#passwords.hash(password);
    return this.#users.withLocked(user.id, async (transaction, locked) => {
      if (locked.passwordHash !== user.passwordHash) throw invalidCredentials();
      return transaction.user.update({ where: { id: user.id }, data: { passwordHash } });
    });
  }

  /** Under the lock, because the password may have been changed, or the user disabled, since it was compared. */
  #open(user: User, origin: Origin): Promise<SignedIn> {
    return this.#users.withLocked(user.id, (transaction, locked) => {
      if (locked.passwordHash !== user.passwordHash) throw invalidCredentials();
      return this.#sessions.open(transaction, user, origin.ipAddress);
    });
  }
}

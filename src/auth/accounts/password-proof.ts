import { AuditAction } from '../../audit/audit-entry.js';
import type { AuditRecorder } from '../../audit/audit-recorder.js';
import { actorFields, type UserActor } from '../../platform/actor.js';
import { KeywardError } from '../../platform/errors/keyward-error.js';
import type { Logger } from '../../platform/logger.js';
import type { Turn } from '../../platform/queues/hash-queue.js';
import { turnOf } from '../../platform/queues/network-turn.js';
import { NO_USER_ID } from '../caller.js';
import type { Sessions } from '../sessions/sessions.js';
import type { SignInLimits } from '../sign-in-limits.js';
import type { Passwords } from './password.js';
import { addressOf, type User } from './users.js';

interface ProofInput {
  /** In canonical form. */
  email: string;
  password: string;
  find: () => Promise<User | null>;
}

/** A user who proved the password. */
export interface Proof {
  user: User;
  /** Position in the hash queue, for further hashes of the same request. */
  turn: Turn;
}

interface Parts {
  passwords: Passwords;
  sessions: Sessions;
  limits: SignInLimits;
  audit: AuditRecorder;
  logger: Logger;
}

const invalidCredentials = () => new KeywardError('INVALID_CREDENTIALS', 'The email address or the password is wrong.');

/** Checks passwords within the sign-in limits. The work is the same whether or not the account exists. */
export class PasswordProof {
  readonly #parts: Parts;

  constructor({ passwords, sessions, limits, audit, logger }: Parts) {
    this.#parts = { passwords, sessions, limits, audit, logger };
  }

  /** Checks the password of a sign-in. @throws {KeywardError} INVALID_CREDENTIALS, RATE_LIMITED, SERVICE_UNAVAILABLE */
  forSignIn(input: ProofInput, actor: UserActor): Promise<Proof> {
    return this.#prove({ ...input, opensSession: true }, actor);
  }

  /**
   * Checks the password of a signed-in user. The check counts against the sign-in limits. Otherwise, an attacker with a stolen
   * session could guess the password.
   *
   * @throws {KeywardError} INVALID_CREDENTIALS, RATE_LIMITED, SERVICE_UNAVAILABLE
   */
  again(user: User, password: string, actor: UserActor): Promise<Proof> {
    return this.#prove({ email: addressOf(user), password, find: async () => user, opensSession: false }, actor);
  }

  async #prove({ email, password, find, opensSession }: ProofInput & { opensSession: boolean }, actor: UserActor): Promise<Proof> {
    const { sessions, limits } = this.#parts;
    let user: User | null = null;
    const isKnownNetwork = async (network: string) => {
      user = await find();
      // Queried for an unknown user too, so that both cases send the same queries.
      return sessions.isKnownNetwork(user?.id ?? NO_USER_ID, network);
    };
    const attempt = await limits.attempt({ email, ipAddress: actor.source.ipAddress, opensSession, isKnownNetwork });
    const turn = turnOf(actor.source.ipAddress, attempt.isKnown || !opensSession);
    const proven = await this.#compare(password, user, turn).catch(async (error: unknown) => {
      await attempt.cancel();
      throw error;
    });
    if (!proven) {
      await attempt.fail();
      this.#recordFailure(user, actor);
      throw invalidCredentials();
    }
    await attempt.succeed();
    return { user: proven, turn };
  }

  #recordFailure(user: User | null, actor: UserActor): void {
    const { audit, logger } = this.#parts;
    logger.info({ ...actorFields(actor), userId: user?.id }, 'sign-in rejected');
    if (user) audit.recordRefusalLater({ userId: user.id, action: AuditAction.USER_SIGN_IN_FAILED }, actor);
  }

  /** Returns the user if the password is correct and the user is not disabled. */
  async #compare(password: string, user: User | null, turn: Turn): Promise<User | null> {
    const matches = await this.#parts.passwords.matches(password, user?.passwordHash ?? null, turn);
    return matches && user?.disabledAt === null ? user : null;
  }
}

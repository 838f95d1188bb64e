import { validate as isUuid } from 'uuid';
import type { RequestSource } from '../../platform/actor.js';
import { inAnswerTime } from '../../platform/answer-time.js';
import { canonicalJson } from '../../platform/canonical-json.js';
import type { Database, Transaction } from '../../platform/database/client.js';
import { isUniqueViolation } from '../../platform/database/database-errors.js';
import type { User } from '../../platform/database/generated/client.js';
import { inOrderOf } from '../../platform/database/in-order-of.js';
import { conflict, KeywardError, unauthenticated } from '../../platform/errors/keyward-error.js';
import { KeyedQueue } from '../../platform/queues/keyed-queue.js';
import { type LockedUser, limitLockWait, lockOwners, lockUser } from './user-lock.queries.js';
import { type AccountOwner, findHighestPasswordCost, insertUsers, type NewOwner, type OwnerNames } from './users.queries.js';

export type { AccountOwner, NewOwner, OwnerNames, User };

/** What the product's backend sets for a user. An absent field is unchanged. */
export interface ProductFields {
  /** Canonical. */
  email?: string | null;
  trustedMetadata?: object;
  /** Null if the user has no policy of their own. */
  policyId?: string | null;
}

/** The names of the fields in the API and in the audit log. */
const PUBLIC_NAMES: Readonly<Record<keyof ProductFields, string>> = {
  email: 'email',
  trustedMetadata: 'trustedMetadata',
  policyId: 'policy',
};

/** Options of a change of a locked user, described at Users.withLocked. */
interface LockOptions {
  alsoDisabled?: boolean;
  goneError?: () => Error;
  lockWaitMs?: number;
}

/** A user, and the request that changes this user after it waited for a hash. The request ends in time: see inAnswerTime. */
interface UserOfRequest {
  id: string;
  request: RequestSource;
}

/** Reads, creates and locks users. */
export class Users {
  readonly #database: Database;
  /** One queue for each user: changes of the same row wait here instead of each holding a database connection. */
  readonly #turns = new KeyedQueue();

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Returns a page of users, in the order of their creation.
   *
   * @param afterId id of the last user of the previous page; null for the first page
   */
  page(afterId: string | null, limit: number): Promise<User[]> {
    const where = afterId === null ? {} : { id: { gt: afterId } };
    return this.#database.user.findMany({ where, orderBy: { id: 'asc' }, take: limit });
  }

  /**
   * Returns the account with this address. Users with an external id are not found: their address comes from the identity
   * provider, and several users can have the same one.
   *
   * @param email canonical
   */
  findByEmail(email: string): Promise<User | null> {
    return this.#database.user.findFirst({ where: { email, externalId: null } });
  }

  /** Returns the user with this id in the product or at the identity provider. */
  findByExternalId(externalId: string): Promise<User | null> {
    return this.#database.user.findUnique({ where: { externalId } });
  }

  /**
   * Returns every user that matches a text from the operator by id, external id or email address, oldest first, in one query.
   *
   * @param email the text as a canonical address; null if the text is not an address
   * @param limit maximum number of users, because any number of users with an external id can have the same address
   */
  findMatching(text: string, email: string | null, limit: number): Promise<User[]> {
    const by = [{ externalId: text }, ...(isUuid(text) ? [{ id: text }] : []), ...(email === null ? [] : [{ email }])];
    return this.#database.user.findMany({ where: { OR: by }, orderBy: { id: 'asc' }, take: limit });
  }

  /** Returns the highest bcrypt cost of a stored password; null if no password is stored. */
  findHighestPasswordCost(): Promise<number | null> {
    return findHighestPasswordCost(this.#database);
  }

  /** Returns the users in the order of the ids, with null for each unknown id. */
  async findByIds(ids: readonly string[]): Promise<(User | null)[]> {
    return inOrderOf(ids, await this.#database.user.findMany({ where: { id: { in: [...ids] } } }));
  }

  /**
   * Creates a user and runs `complete` in the same transaction.
   *
   * @param input the email is canonical. Without a password, the user cannot sign in until one is set. `selfRegistered` defaults
   *   to true
   * @param request a request that waited for a hash, so that it ends in time: see inAnswerTime
   * @throws {KeywardError} EMAIL_TAKEN
   */
  async create<T>(
    input: { email: string; passwordHash: string | null; selfRegistered?: boolean; createdAt: Date },
    complete: (transaction: Transaction, user: User) => Promise<T>,
    request?: RequestSource,
  ): Promise<T> {
    try {
      return await inAnswerTime(request, (checkTime) =>
        this.#database.$transaction(async (transaction) => {
          const completed = await complete(transaction, await transaction.user.create({ data: input }));
          checkTime();
          return completed;
        }),
      );
    } catch (error) {
      if (isUniqueViolation(error, 'users_email_key')) throw emailTaken();
      throw error;
    }
  }

  /**
   * Creates users without a password. They cannot sign in until a password is set.
   *
   * @throws {KeywardError} CONFLICT if one of the users was created concurrently
   */
  async createWithoutPassword(transaction: Transaction, users: readonly NewOwner[], createdAt: Date): Promise<void> {
    if (users.length > 0 && (await insertUsers(transaction, users, createdAt)) !== users.length) throw conflict();
  }

  /** Returns the existing users. A user with an external ID is not found by its address. */
  findOwners({ emails, externalIds }: OwnerNames): Promise<AccountOwner[]> {
    return this.#database.user.findMany({
      where: { OR: [{ email: { in: [...emails] }, externalId: null }, { externalId: { in: [...externalIds] } }] },
      select: { id: true, email: true, externalId: true, selfRegistered: true },
    });
  }

  /** Returns the same as findOwners and locks the rows until the end of the transaction. */
  lockOwners(transaction: Transaction, names: OwnerNames): Promise<AccountOwner[]> {
    return lockOwners(transaction, names);
  }

  /** Returns the ids of the users with these external ids. */
  async findIdsByExternalId(externalIds: readonly string[]): Promise<string[]> {
    const users = await this.#database.user.findMany({ where: { externalId: { in: [...externalIds] } }, select: { id: true } });
    return users.map(({ id }) => id);
  }

  /** Returns the ids of at most `limit` users who have a policy of their own. */
  async findIdsByPolicy(policyId: string, limit: number): Promise<string[]> {
    const users = await this.#database.user.findMany({ where: { policyId }, select: { id: true }, take: limit });
    return users.map(({ id }) => id);
  }

  /**
   * Changes what the product knows about a user, in a transaction that holds the user's row locked. The time at which the policy is
   * set is recorded even if the user has the policy already, because an older token of the identity provider must not change it. It
   * never moves back: the clock of the provider may be ahead.
   *
   * @returns the user, and the public names of the fields with a new value
   */
  async change(transaction: Transaction, id: string, fields: ProductFields, now: Date): Promise<{ user: User; changed: string[] }> {
    const before = await transaction.user.findUniqueOrThrow({ where: { id } });
    // The cast is needed because Object.keys returns strings.
    const names = (Object.keys(fields) as (keyof ProductFields)[]).filter(
      (name) => canonicalJson({ value: fields[name] }) !== canonicalJson({ value: before[name] }),
    );
    const policySetAt = fields.policyId === undefined ? before.policySetAt : latest(before.policySetAt, now);
    if (names.length === 0 && policySetAt?.getTime() === before.policySetAt?.getTime()) return { user: before, changed: [] };
    const data = { ...Object.fromEntries(names.map((name) => [name, fields[name]])), policySetAt };
    const user = await transaction.user.update({ where: { id }, data });
    return { user, changed: names.map((name) => PUBLIC_NAMES[name]) };
  }

  /**
   * Disables or enables a user, in a transaction that holds the user's row locked. Disabling ends the user's portal sessions, so that
   * enabling the user again does not revive them.
   *
   * @param disabledAt null enables the user
   */
  async setDisabled(transaction: Transaction, id: string, disabledAt: Date | null): Promise<User> {
    if (disabledAt) await transaction.portalSession.updateMany({ where: { userId: id, endedAt: null }, data: { endedAt: disabledAt } });
    return transaction.user.update({ where: { id }, data: { disabledAt } });
  }

  /**
   * Runs `change` in a transaction that holds the user's row locked, so that each change of a user sees the previous one.
   *
   * @param of id of the user, with the request if it waited for a hash before
   * @param options.alsoDisabled whether a disabled user is allowed, as for the operator
   * @param options.goneError creates what is thrown if the user was deleted or disabled concurrently: by default, UNAUTHENTICATED
   * @param options.lockWaitMs longest wait for the row, in milliseconds; by default, that of every query
   * @throws {KeywardError} SERVICE_UNAVAILABLE if too many changes of the user are waiting
   */
  withLocked<T>(
    of: string | UserOfRequest,
    change: (transaction: Transaction, user: LockedUser) => Promise<T>,
    { alsoDisabled = false, goneError = unauthenticated, lockWaitMs }: LockOptions = {},
  ): Promise<T> {
    const { id: userId, request } = typeof of === 'string' ? { id: of } : of;
    const changeLocked = async (transaction: Transaction, checkTime: () => void): Promise<T> => {
      if (lockWaitMs !== undefined) await limitLockWait(transaction, lockWaitMs);
      const user = await lockUser(transaction, userId);
      if (!user || (user.disabledAt && !alsoDisabled)) throw goneError();
      const changed = await change(transaction, user);
      checkTime();
      return changed;
    };
    return inAnswerTime(request, (checkTime) =>
      this.#turns.run(userId, () => this.#database.$transaction((transaction) => changeLocked(transaction, checkTime))),
    );
  }
}

const latest = (one: Date | null, other: Date): Date => (one !== null && one > other ? one : other);

/** Returns the address of an account with a password. A constraint of the table ensures that every such account has one. */
export function addressOf({ email }: User): string {
  if (email === null) throw new TypeError('an account with a password has no email address');
  return email;
}

/** Creates the error for operations on passwords and sessions of an account that an identity provider or the product manages. */
export const accountKeptElsewhere = () =>
  new KeywardError('FORBIDDEN', 'Accounts are managed by your identity provider or product. Sign in there.');

export const emailTaken = () => new KeywardError('EMAIL_TAKEN', 'An account with this email address already exists.');

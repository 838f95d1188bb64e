import { validate as isUuid, v7 as uuidv7 } from 'uuid';
import { canonicalJson } from '../../platform/canonical-json.js';
import type { Database, Transaction } from '../../platform/database/client.js';
import { isUniqueViolation } from '../../platform/database/database-errors.js';
import type { User } from '../../platform/database/generated/client.js';
import { inOrderOf } from '../../platform/database/in-order-of.js';
import { conflict, KeywardError, unauthenticated } from '../../platform/errors/keyward-error.js';
import { KeyedQueue } from '../../platform/queues/keyed-queue.js';
import { type LockedUser, limitLockWait, lockUser, lockUsersByEmail } from './user-lock.queries.js';
import { type AccountOwner, findHighestPasswordCost, insertUsers } from './users.queries.js';

export type { AccountOwner, User };

/** What the product's backend sets for a user. An absent field is unchanged. */
export interface ProductFields {
  /** Canonical. */
  email?: string | null;
  trustedMetadata?: object;
}

/** Options of a change of a locked user, described at Users.withLocked. */
interface LockOptions {
  alsoDisabled?: boolean;
  goneError?: () => Error;
  lockWaitMs?: number;
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
   * @throws {KeywardError} EMAIL_TAKEN
   */
  async create<T>(
    input: { email: string; passwordHash: string | null; selfRegistered?: boolean; createdAt: Date },
    complete: (transaction: Transaction, user: User) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#database.$transaction(async (transaction) =>
        complete(transaction, await transaction.user.create({ data: input })),
      );
    } catch (error) {
      if (isUniqueViolation(error, 'email')) throw emailTaken();
      throw error;
    }
  }

  /**
   * Creates users without a password. They cannot sign in until a password is set.
   *
   * @param emails canonical
   * @returns their ids by email
   * @throws {KeywardError} CONFLICT if one of the users was created concurrently
   */
  async createWithoutPassword(transaction: Transaction, emails: readonly string[], createdAt: Date): Promise<Map<string, string>> {
    // Sorted, so that concurrent transactions that create the same users wait for each other instead of deadlocking.
    const users = [...emails].sort().map((email) => ({ id: uuidv7({ msecs: createdAt.getTime() }), email }));
    if ((await insertUsers(transaction, users, createdAt)) !== users.length) throw conflict();
    return new Map(users.map(({ id, email }) => [email, id]));
  }

  /**
   * Returns the existing accounts by email, without users that have an external id.
   *
   * @param emails canonical
   */
  async findAccounts(emails: readonly string[]): Promise<Map<string, AccountOwner>> {
    const users = await this.#database.user.findMany({
      where: { email: { in: [...emails] }, externalId: null },
      select: { id: true, email: true, selfRegistered: true },
    });
    return new Map(users.flatMap(({ email, ...rest }) => (email === null ? [] : [[email, { email, ...rest }]])));
  }

  /** Returns the same as findAccounts and locks the rows until the end of the transaction. */
  async lockAccounts(transaction: Transaction, emails: readonly string[]): Promise<Map<string, AccountOwner>> {
    const users = await lockUsersByEmail(transaction, emails);
    return new Map(users.map((user) => [user.email, user]));
  }

  /** Returns the ids of the users with these external ids. */
  async findIdsByExternalId(externalIds: readonly string[]): Promise<string[]> {
    const users = await this.#database.user.findMany({ where: { externalId: { in: [...externalIds] } }, select: { id: true } });
    return users.map(({ id }) => id);
  }

  /**
   * Changes what the product knows about a user, in a transaction that holds the user's row locked.
   *
   * @returns the user, and the names of the fields with a new value
   */
  async change(transaction: Transaction, id: string, fields: ProductFields): Promise<{ user: User; changed: string[] }> {
    const before = await transaction.user.findUniqueOrThrow({ where: { id } });
    const changed = Object.entries(fields).filter(
      ([name, value]) => canonicalJson({ value }) !== canonicalJson({ value: before[name as keyof ProductFields] }),
    );
    if (changed.length === 0) return { user: before, changed: [] };
    const user = await transaction.user.update({ where: { id }, data: Object.fromEntries(changed) });
    return { user, changed: changed.map(([name]) => name) };
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
   * @param options.alsoDisabled whether a disabled user is allowed, as for the operator
   * @param options.goneError creates what is thrown if the user was deleted or disabled concurrently: by default, UNAUTHENTICATED
   * @param options.lockWaitMs longest wait for the row, in milliseconds; by default, that of every query
   * @throws {KeywardError} SERVICE_UNAVAILABLE if too many changes of the user are waiting
   */
  withLocked<T>(
    userId: string,
    change: (transaction: Transaction, user: LockedUser) => Promise<T>,
    { alsoDisabled = false, goneError = unauthenticated, lockWaitMs }: LockOptions = {},
  ): Promise<T> {
    const changeLocked = async (transaction: Transaction): Promise<T> => {
      if (lockWaitMs !== undefined) await limitLockWait(transaction, lockWaitMs);
      const user = await lockUser(transaction, userId);
      if (!user || (user.disabledAt && !alsoDisabled)) throw goneError();
      return change(transaction, user);
    };
    return this.#turns.run(userId, () => this.#database.$transaction(changeLocked));
  }
}

/** Returns the address of an account with a password. A constraint of the table ensures that every such account has one. */
export function addressOf({ email }: User): string {
  if (email === null) throw new TypeError('an account with a password has no email address');
  return email;
}

/** Creates the error for operations on passwords and sessions of an account that an identity provider or the product manages. */
export const accountKeptElsewhere = () =>
  new KeywardError('FORBIDDEN', 'Accounts are managed by your identity provider or product. Sign in there.');

export const emailTaken = () => new KeywardError('EMAIL_TAKEN', 'An account with this email address already exists.');

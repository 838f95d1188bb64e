import type { Database, Transaction } from '../platform/database/client.js';
import { isUniqueViolation } from '../platform/database/faults.js';
import type { User } from '../platform/database/generated/client.js';
import { conflict, KeywardError, unauthenticated } from '../platform/errors.js';
import { KeyedQueue } from '../platform/keyed-queue.js';
import { newUuid } from '../platform/uuid.js';
import { type LockedUser, lockUser, lockUsersByEmail } from './user-lock.queries.js';
import { insertUsers } from './users.queries.js';

export type { User };

/** The users, for their own feature and for the others. */
export class Users {
  readonly #database: Database;
  /** By user: changes that wait for the same row wait here, and not each with a connection of its own. */
  readonly #turns = new KeyedQueue();

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * @param afterId the last one of the page before; null for the first page
   * @returns the users in the order in which they were made
   */
  page(afterId: string | null, limit: number): Promise<User[]> {
    const where = afterId === null ? {} : { id: { gt: afterId } };
    return this.#database.user.findMany({ where, orderBy: { id: 'asc' }, take: limit });
  }

  /** @param email canonical */
  findByEmail(email: string): Promise<User | null> {
    return this.#database.user.findUnique({ where: { email } });
  }

  /** @returns in the order of the ids, null where there is no such user */
  async findByIds(ids: readonly string[]): Promise<(User | null)[]> {
    const users = await this.#database.user.findMany({ where: { id: { in: [...ids] } } });
    const byId = new Map(users.map((user) => [user.id, user]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /**
   * Makes a user, and in the same transaction what `complete` adds.
   *
   * @param input the email canonical; without a password nobody can sign in until one is set
   * @throws {KeywardError} EMAIL_TAKEN
   */
  async create<T>(
    input: { email: string; passwordHash: string | null; createdAt: Date },
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
   * Makes users that nobody can sign in as yet: they have no password.
   *
   * @param emails canonical
   * @returns their ids by email
   * @throws {KeywardError} CONFLICT when one of them exists by now
   */
  async createWithoutPassword(transaction: Transaction, emails: readonly string[], createdAt: Date): Promise<Map<string, string>> {
    // In one order for all: two who make the same users at once wait for each other instead of deadlocking.
    const users = [...emails].sort().map((email) => ({ id: newUuid(createdAt), email }));
    if ((await insertUsers(transaction, users, createdAt)) !== users.length) throw conflict();
    return new Map(users.map(({ id, email }) => [email, id]));
  }

  /**
   * @param emails canonical
   * @returns the ids of those that exist, by email
   */
  async findIdsByEmail(emails: readonly string[]): Promise<Map<string, string>> {
    const users = await this.#database.user.findMany({ where: { email: { in: [...emails] } }, select: { id: true, email: true } });
    return new Map(users.map(({ id, email }) => [email, id]));
  }

  /** As findIdsByEmail, with the rows locked until the end of the transaction. */
  async lockByEmail(transaction: Transaction, emails: readonly string[]): Promise<Map<string, string>> {
    const users = await lockUsersByEmail(transaction, emails);
    return new Map(users.map(({ id, email }) => [email, id]));
  }

  /**
   * Runs `change` in a transaction that holds the user's row locked, so that of one user's changes each sees the last one.
   *
   * @param options.alsoDisabled for what the operator does
   * @throws {KeywardError} UNAUTHENTICATED when the user has been deleted or disabled meanwhile; SERVICE_UNAVAILABLE when too
   *   many changes of the user wait
   */
  withLocked<T>(
    userId: string,
    change: (transaction: Transaction, user: LockedUser) => Promise<T>,
    { alsoDisabled = false } = {},
  ): Promise<T> {
    const changeLocked = async (transaction: Transaction): Promise<T> => {
      const user = await lockUser(transaction, userId);
      if (!user || (user.disabledAt && !alsoDisabled)) throw unauthenticated();
      return change(transaction, user);
    };
    return this.#turns.run(userId, () => this.#database.$transaction(changeLocked));
  }
}

/** Where an identity provider keeps the account, it has no password here, and no session. */
export const accountKeptElsewhere = () =>
  new KeywardError('FORBIDDEN', 'Accounts are kept elsewhere: sign in with your identity provider.');

export const emailTaken = () => new KeywardError('EMAIL_TAKEN', 'There is an account with this email address.');

import type { Database, Transaction } from '../platform/database/client.js';
import { isUniqueViolation } from '../platform/database/faults.js';
import type { User } from '../platform/database/generated/client.js';
import { KeywardError, unauthenticated } from '../platform/errors.js';
import { type LockedUser, lockUser } from './user-lock.queries.js';

export type { User };

/** The users, for their own feature and for the others. */
export class Users {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
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
   * @param input the email canonical
   * @throws {KeywardError} EMAIL_TAKEN
   */
  async create<T>(
    input: { email: string; passwordHash: string; createdAt: Date },
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
   * Runs `change` in a transaction that holds the user's row locked, so that of one user's changes each sees the last one.
   *
   * @throws {KeywardError} UNAUTHENTICATED when the user has been deleted or disabled meanwhile
   */
  withLocked<T>(userId: string, change: (transaction: Transaction, user: LockedUser) => Promise<T>): Promise<T> {
    return this.#database.$transaction(async (transaction) => {
      const user = await lockUser(transaction, userId);
      if (!user || user.disabledAt) throw unauthenticated();
      return change(transaction, user);
    });
  }
}

export const emailTaken = () => new KeywardError('EMAIL_TAKEN', 'There is an account with this email address.');

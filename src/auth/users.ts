import type { Database, Transaction } from '../platform/database/client.js';
import { isUniqueViolation } from '../platform/database/faults.js';
import type { User } from '../platform/database/generated/client.js';
import { conflict, KeywardError, unauthenticated } from '../platform/errors.js';
import { KeyedQueue } from '../platform/keyed-queue.js';
import { isUuid, newUuid } from '../platform/uuid.js';
import { type LockedUser, lockUser, lockUsersByEmail } from './user-lock.queries.js';
import { type AccountOwner, insertUsers } from './users.queries.js';

export type { AccountOwner, User };

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

  /**
   * Returns the account with this address. Users with an external id are not found: their address is the identity provider's word,
   * and several may have the same.
   *
   * @param email canonical
   */
  findByEmail(email: string): Promise<User | null> {
    return this.#database.user.findFirst({ where: { email, externalId: null } });
  }

  /**
   * Returns every user that the operator can mean by a text, oldest first: by id, external id or email address, in one query.
   *
   * @param email the text as a canonical address; null if it is none
   * @param limit how many at most: any number of users of the product can have the same address
   */
  findMatching(text: string, email: string | null, limit: number): Promise<User[]> {
    const by = [{ externalId: text }, ...(isUuid(text) ? [{ id: text }] : []), ...(email === null ? [] : [{ email }])];
    return this.#database.user.findMany({ where: { OR: by }, orderBy: { id: 'asc' }, take: limit });
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
   * @param input the email canonical; without a password nobody can sign in until one is set; `selfRegistered` is true unless told otherwise
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
   * @returns the accounts that exist, by email; users with an external id are none of them
   */
  async findAccounts(emails: readonly string[]): Promise<Map<string, AccountOwner>> {
    const users = await this.#database.user.findMany({
      where: { email: { in: [...emails] }, externalId: null },
      select: { id: true, email: true, selfRegistered: true },
    });
    return new Map(users.flatMap(({ email, ...rest }) => (email === null ? [] : [[email, { email, ...rest }]])));
  }

  /** As findAccounts, with the rows locked until the end of the transaction. */
  async lockAccounts(transaction: Transaction, emails: readonly string[]): Promise<Map<string, AccountOwner>> {
    const users = await lockUsersByEmail(transaction, emails);
    return new Map(users.map((user) => [user.email, user]));
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

/** Returns the address of an account with a password. Only users with an external id can have none (a constraint of the table). */
export function addressOf({ email }: User): string {
  if (email === null) throw new TypeError('an account with a password has no email address');
  return email;
}

/** Where an identity provider keeps the account, it has no password here, and no session. */
export const accountKeptElsewhere = () => new KeywardError('FORBIDDEN', 'Accounts are managed by your identity provider. Sign in there.');

export const emailTaken = () => new KeywardError('EMAIL_TAKEN', 'An account with this email address already exists.');

import { type Clock, DAY_MS } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import type { ApiKey } from '../platform/database/generated/client.js';
import { inOrderOf } from '../platform/database/in-order-of.js';
import { type Cursors, itemsAt, type Page, type PageRequest } from '../platform/pagination.js';
import { findEndedKeys } from './api-key-history.queries.js';
import { type ApiKeyStatus, expiresWithin, statusOf, usableAt } from './api-key-status.js';

/** The maximum of 1,000 keys for each user, each with the key that it replaces. */
const USABLE_KEYS_MAX = 2_000;

/** Returns the IDs of all keys of a user, with any status. */
export async function idsOfKeys(transaction: Transaction, userId: string): Promise<string[]> {
  const keys = await transaction.apiKey.findMany({ where: { userId }, select: { id: true } });
  return keys.map(({ id }) => id);
}

/** Returns the keys in the order of the ids, with null for each unknown id. */
export const findKeysByIds = async (database: Database, ids: readonly string[]): Promise<(ApiKey | null)[]> =>
  inOrderOf(ids, await database.apiKey.findMany({ where: { id: { in: [...ids] } } }));

/** Reads API keys, for their owners and for the operator. */
export class ApiKeyQueries {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #cursors: Cursors;
  readonly #expiryWarningDays: number;

  constructor(options: { database: Database; clock: Clock; cursors: Cursors; expiryWarningDays: number }) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#cursors = options.cursors;
    this.#expiryWarningDays = options.expiryWarningDays;
  }

  /** Returns the user's usable keys, newest first, at most USABLE_KEYS_MAX. */
  listUsable(userId: string): Promise<ApiKey[]> {
    return this.#database.apiKey.findMany({
      where: { userId, AND: usableAt(this.#clock.now()) },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: USABLE_KEYS_MAX,
    });
  }

  /**
   * Returns a page of the user's revoked and expired keys. The key that ended most recently is first.
   *
   * @throws {KeywardError} BAD_USER_INPUT, like Cursors.page
   */
  history(userId: string, request: PageRequest): Promise<Page<ApiKey>> {
    return this.#cursors.page({ list: 'api-key-history', ownerId: userId }, request, async (after, limit) => {
      const positions = await findEndedKeys(this.#database, { userId, now: this.#clock.now(), after, limit });
      const ids = positions.map(({ id }) => id);
      return { items: itemsAt(positions, await findKeysByIds(this.#database, ids)) };
    });
  }

  /** Returns all keys of a user, with any status, newest first. */
  listAll(userId: string): Promise<ApiKey[]> {
    return this.#database.apiKey.findMany({ where: { userId }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] });
  }

  /** Returns the number of keys of a user, with any status. */
  countAll(transaction: Transaction, userId: string): Promise<number> {
    return transaction.apiKey.count({ where: { userId } });
  }

  /** Returns the number of usable keys by user. Users without usable keys are absent. */
  async countUsable(userIds: readonly string[]): Promise<Map<string, number>> {
    const where = { userId: { in: [...userIds] }, AND: usableAt(this.#clock.now()) };
    const counts = await this.#database.apiKey.groupBy({ by: ['userId'], where, _count: true });
    return new Map(counts.map((count) => [count.userId, count._count]));
  }

  /**
   * Returns a page of the usable keys that expire within `days`, the earliest first.
   *
   * @param after the last key of the previous page; null for the first page
   */
  listExpiring(days: number, after: ApiKey | null, limit: number): Promise<ApiKey[]> {
    const now = this.#clock.now();
    return this.#database.apiKey.findMany({
      where: {
        revokedAt: null,
        expiresAt: { gt: now, lte: new Date(now.getTime() + days * DAY_MS) },
        ...(after && { OR: [{ expiresAt: { gt: after.expiresAt ?? now } }, { expiresAt: after.expiresAt, id: { gt: after.id } }] }),
      },
      orderBy: [{ expiresAt: 'asc' }, { id: 'asc' }],
      take: limit,
    });
  }

  /** Returns the current status of the key. */
  statusOf(key: ApiKey): ApiKeyStatus {
    return statusOf(key, this.#clock.now());
  }

  /** Returns whether the key is usable and expires within EXPIRY_WARNING_DAYS. */
  expiresSoon(key: ApiKey): boolean {
    return expiresWithin(key, this.#expiryWarningDays, this.#clock.now());
  }
}

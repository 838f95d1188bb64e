import { type Clock, DAY_MS } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import type { ApiKey } from '../platform/database/generated/client.js';
import { inOrderOf } from '../platform/database/in-order-of.js';
import { type Cursors, itemsAt, type Page, type PageRequest, type Position } from '../platform/pagination.js';
import { findEndedKeys } from './api-key-history.queries.js';
import { type ApiKeyStatus, expiresWithin, type Lifetime, statusOf, usableAt } from './api-key-status.js';
import { findExpiringKeys } from './expiring-keys.queries.js';
import { countUsableKeys } from './key-counts.queries.js';

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

  /** Returns the user's usable keys, newest first, at most USABLE_KEYS_MAX. @param lifetime the policy that applies to the user */
  listUsable(userId: string, lifetime: Lifetime): Promise<ApiKey[]> {
    return this.#database.apiKey.findMany({
      where: { userId, AND: usableAt(this.#clock.now(), lifetime) },
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
  countUsable(userIds: readonly string[]): Promise<Map<string, number>> {
    return countUsableKeys(this.#database, userIds, { now: this.#clock.now(), isPairOne: false });
  }

  /**
   * Returns a page of the usable keys that expire within `days`, by themselves or by the policy of their owner. The earliest is first.
   *
   * @param after position of the last key of the previous page; null for the first page
   * @returns the keys with their positions; `at` is the effective expiry
   */
  async listExpiring(days: number, after: Position | null, limit: number): Promise<{ node: ApiKey; position: Position }[]> {
    const now = this.#clock.now();
    const until = new Date(now.getTime() + days * DAY_MS);
    const positions = await findExpiringKeys(this.#database, { now, until, after, limit });
    const keys = await findKeysByIds(
      this.#database,
      positions.map(({ id }) => id),
    );
    return itemsAt(positions, keys);
  }

  /** Returns the current status of the key. @param lifetime the policy that applies to its owner */
  statusOf(key: ApiKey, lifetime: Lifetime): ApiKeyStatus {
    return statusOf(key, lifetime, this.#clock.now());
  }

  /** Returns whether the key is usable and expires within EXPIRY_WARNING_DAYS. @param lifetime the policy that applies to its owner */
  expiresSoon(key: ApiKey, lifetime: Lifetime): boolean {
    return expiresWithin(key, lifetime, this.#expiryWarningDays, this.#clock.now());
  }
}

import DataLoader from 'dataloader';
import type { Database } from '../platform/database/client.js';
import type { ApiKey } from '../platform/database/generated/client.js';
import type { Cursors, Found, Page, PageRequest, Position } from '../platform/pagination.js';
import type { ApiKeyLoaders } from './api-key-loaders.js';
import { findKeysOfUsers } from './user-keys.queries.js';

/** Reads the keys of users for the resolvers of one request. One query finds the same part of the keys of several users. */
export class UserKeys {
  readonly #database: Database;
  readonly #cursors: Cursors;
  readonly #loaders: ApiKeyLoaders;
  readonly #byPart = new Map<string, DataLoader<string, Found<ApiKey>>>();

  constructor(options: { database: Database; cursors: Cursors; loaders: ApiKeyLoaders }) {
    this.#database = options.database;
    this.#cursors = options.cursors;
    this.#loaders = options.loaders;
  }

  /** Returns a page of the keys of a user, with any status, newest first. @throws {KeywardError} BAD_USER_INPUT, like Cursors.page */
  page(userId: string, request: PageRequest): Promise<Page<ApiKey>> {
    return this.#cursors.page({ list: 'user-api-keys', ownerId: userId }, request, (after, limit) => {
      const part = JSON.stringify([after, limit]);
      const loader = this.#byPart.get(part) ?? new DataLoader((userIds) => this.#find(userIds, after, limit));
      this.#byPart.set(part, loader);
      return loader.load(userId);
    });
  }

  async #find(userIds: readonly string[], after: Position | null, limit: number): Promise<Found<ApiKey>[]> {
    const positions = await findKeysOfUsers(this.#database, { userIds, after, limit });
    const keys = await Promise.all(positions.map(({ id }) => this.#loaders.byId.load(id)));
    const found = new Map<string, Found<ApiKey>>(userIds.map((userId) => [userId, { items: [] }]));
    for (const [index, position] of positions.entries()) {
      const node = keys[index];
      if (node) found.get(position.userId)?.items.push({ node, position });
    }
    return userIds.map((userId) => found.get(userId) ?? { items: [] });
  }
}

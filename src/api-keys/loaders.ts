import DataLoader from 'dataloader';
import type { Database } from '../platform/database/client.js';
import type { ApiKey } from '../platform/database/generated/client.js';

/** What the resolvers of one request load keys through: all that it asks for in one query. */
export interface ApiKeyLoaders {
  /** By its id. */
  byId: DataLoader<string, ApiKey | null>;
  /** By the id of the key that was rotated from it. */
  replacedBy: DataLoader<string, ApiKey | null>;
}

export function createApiKeyLoaders(database: Database): ApiKeyLoaders {
  const loadBy = (column: 'id' | 'replacedById') =>
    new DataLoader(async (ids: readonly string[]) => {
      // Of two keys that one took over from, it was rotated from the one that ended then. The other is in its grace period, or was
      // then: it expires later. The last one of an id counts below.
      const keys = await database.apiKey.findMany({ where: { [column]: { in: [...ids] } }, orderBy: { expiresAt: 'desc' } });
      const found = new Map(keys.map((key) => [key[column], key]));
      return ids.map((id) => found.get(id) ?? null);
    });
  return { byId: loadBy('id'), replacedBy: loadBy('replacedById') };
}

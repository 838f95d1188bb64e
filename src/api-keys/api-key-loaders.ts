import DataLoader from 'dataloader';
import type { Database } from '../platform/database/client.js';
import type { ApiKey } from '../platform/database/generated/client.js';

/** What the resolvers of one request load keys through: all that it asks for in one query. */
export interface ApiKeyLoaders {
  /** By its id. */
  byId: DataLoader<string, ApiKey | null>;
}

export function createApiKeyLoaders(database: Database): ApiKeyLoaders {
  return {
    byId: new DataLoader(async (ids: readonly string[]) => {
      const keys = await database.apiKey.findMany({ where: { id: { in: [...ids] } } });
      const found = new Map(keys.map((key) => [key.id, key]));
      return ids.map((id) => found.get(id) ?? null);
    }),
  };
}

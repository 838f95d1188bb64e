import DataLoader from 'dataloader';
import type { Database } from '../platform/database/client.js';
import type { ApiKey } from '../platform/database/generated/client.js';
import { findKeysByIds } from './api-key-queries.js';

/** Loads keys for the resolvers of one request. One query loads all the keys that the request needs. */
export interface ApiKeyLoaders {
  byId: DataLoader<string, ApiKey | null>;
}

export function createApiKeyLoaders(database: Database): ApiKeyLoaders {
  return { byId: new DataLoader((ids: readonly string[]) => findKeysByIds(database, ids)) };
}

import type { ApiKey } from '../platform/database/generated/client.js';
import { type KeyColumns, rateLimitOf } from './api-key-settings.js';

/** What the audit log tells of a key's settings. */
type Told = Record<string, unknown>;

const toldOf = (key: ApiKey): Told => ({
  scopes: key.scopes,
  allowedCidrs: key.allowedCidrs,
  rateLimit: rateLimitOf(key),
  expiresAt: key.expiresAt,
  enabled: key.enabled,
});

/**
 * @returns for the audit log, which can never be changed: the names of the settings that a change set, with the values before
 *   and after; of name and metadata, the owner's own words, only the names
 */
export function changesOf(columns: KeyColumns, before: ApiKey, after: ApiKey): { changed: string[]; before: Told; after: Told } {
  const changed = Object.keys(columns).filter((column) => column !== 'rateLimitWindowSeconds');
  const pick = (told: Told) => Object.fromEntries(Object.entries(told).filter(([name]) => changed.includes(name)));
  return { changed, before: pick(toldOf(before)), after: pick(toldOf(after)) };
}

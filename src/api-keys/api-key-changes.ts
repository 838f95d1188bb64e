import type { ApiKey } from '../platform/database/generated/client.js';
import { rateLimitOf } from '../policies/limit-settings.js';
import type { KeyColumns } from './api-key-settings.js';

/** Settings of a key as the audit log records them. */
type Told = Record<string, unknown>;

const toldOf = (key: ApiKey): Told => ({
  scopes: key.scopes,
  allowedCidrs: key.allowedCidrs,
  rateLimit: rateLimitOf(key),
  expiresAt: key.expiresAt,
  enabled: key.enabled,
});

/**
 * Returns the changes of an update for the audit log: the names of the settings, with their values before and after. Name and
 * metadata are free text of the owner, so their values are left out, because the audit log can never be changed.
 */
export function changesOf(columns: KeyColumns, before: ApiKey, after: ApiKey): { changed: string[]; before: Told; after: Told } {
  const changed = Object.keys(columns).filter((column) => column !== 'rateLimitWindowSeconds');
  const pick = (told: Told) => Object.fromEntries(Object.entries(told).filter(([name]) => changed.includes(name)));
  return { changed, before: pick(toldOf(before)), after: pick(toldOf(after)) };
}

/** Returns the column that stores when an update changed the expiry. Notices about an earlier time are not sent. */
export const expirySetBy = ({ expiresAt }: KeyColumns, before: ApiKey, now: Date): { expirySetAt?: Date } =>
  expiresAt === undefined || expiresAt?.getTime() === before.expiresAt?.getTime() ? {} : { expirySetAt: now };

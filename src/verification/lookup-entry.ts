import { entryOf, type FoundKey, type KeyEntry } from './key-entry.js';
import type { PolicyEntries } from './policy-entry.js';
import { type FoundServiceToken, ServiceTokenEntry } from './service-token-entry.js';
import { type FoundUnusedKey, UnusedKey } from './unused-key.js';

/** What the lookup finds: an API key, an imported key before its first use, or the service token of a verifier. */
export type FoundRecord = FoundKey | FoundServiceToken | FoundUnusedKey;

/** What is answered, and kept in memory except for an unused key. */
export type LookupEntry = KeyEntry | ServiceTokenEntry | UnusedKey;

/** Creates the entry of what the lookup found. @param policies shares what many keys have in common */
export function lookupEntryOf(record: FoundRecord, policies: PolicyEntries): LookupEntry {
  if ('permissions' in record) return new ServiceTokenEntry(record);
  return 'isTransient' in record ? new UnusedKey(record) : entryOf(record, record.policy && policies.entryOf(record.policy));
}

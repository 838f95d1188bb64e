import type { Database, Transaction } from '../platform/database/client.js';
import { countUsableKeys } from './key-counts.queries.js';

export { insertImportedKeys } from './imported-keys.queries.js';

/** A stored key with an imported key prefix, and its owner. */
export interface StoredKey {
  keyPrefix: string;
  hashedKey: string;
  user: { email: string | null; externalId: string | null };
}

/** Returns the stored keys with these key prefixes. */
export const findStoredKeys = (database: Transaction, keyPrefixes: readonly string[]): Promise<StoredKey[]> =>
  database.apiKey.findMany({
    where: { keyPrefix: { in: [...keyPrefixes] } },
    select: { keyPrefix: true, hashedKey: true, user: { select: { email: true, externalId: true } } },
  });

/** Returns the number of keys of each user that count against the limit. Users without such keys are absent. */
export const countKeysByUser = (database: Transaction, userIds: readonly string[], now: Date): Promise<Map<string, number>> =>
  countUsableKeys(database, userIds, { now, isPairOne: true });

/**
 * Stores the fingerprint of an imported key at its first use, unless it has one.
 *
 * @param fingerprint SHA-256 of the plaintext key, in hex
 */
export async function storeFingerprint(database: Database, id: string, fingerprint: string): Promise<void> {
  await database.apiKey.updateMany({ where: { id, fingerprint: null }, data: { fingerprint: Buffer.from(fingerprint, 'hex') } });
}

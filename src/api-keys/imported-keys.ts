import type { Database, Transaction } from '../platform/database/client.js';
import { isUniqueViolation } from '../platform/database/database-errors.js';
import { countUsableKeys } from './key-counts.queries.js';

export { findStoredKeys, insertImportedKeys, type KeyNames, type StoredKey } from './imported-keys.queries.js';

/** Returns the number of keys of each user that count against the limit. Users without such keys are absent. */
export const countKeysByUser = (database: Transaction, userIds: readonly string[], now: Date): Promise<Map<string, number>> =>
  countUsableKeys(database, userIds, { now, isPairOne: true });

/**
 * Stores the fingerprint of an imported key at its first use, unless it has one.
 *
 * @param fingerprint SHA-256 of the plaintext key, in hex
 */
export async function storeFingerprint(database: Database, id: string, fingerprint: string): Promise<void> {
  try {
    await database.apiKey.updateMany({ where: { id, fingerprint: null }, data: { fingerprint: Buffer.from(fingerprint, 'hex') } });
  } catch (error) {
    // The same key was imported in two forms, and another process used it at the same time.
    if (!isUniqueViolation(error, 'api_keys_fingerprint_key')) throw error;
  }
}

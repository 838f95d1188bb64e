import type { Database } from '../platform/database/client.js';
import type { ApiKey } from '../platform/database/generated/client.js';
import { isUuid } from '../platform/uuid.js';
import { fingerprintOf, matchesHash } from './key-hash.js';
import { keyPrefixOf } from './plaintext-key.js';

const KEY_PREFIX = /^[a-z][a-z0-9]{1,11}_[0-9a-f]{8}$/;

/** A key that was found by what somebody knows of it. */
export interface FoundKey {
  apiKey: ApiKey;
  /** Whether the whole key was given, and is this one; null where only its id or prefix was given. */
  isGenuine: boolean | null;
}

/** Finds keys for the operator: by id, by prefix, or by a whole key that leaked, which is told nobody. */
export class KeyFinder {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * @param text an id, a key prefix or a plaintext key, with or without spaces around it
   * @returns null where there is no such key. With a secret that is wrong it is the key that has this prefix.
   */
  async find(text: string): Promise<FoundKey | null> {
    const trimmed = text.trim();
    const plaintextPrefix = keyPrefixOf(trimmed);
    if (plaintextPrefix !== null) return this.#findGenuine(trimmed, plaintextPrefix);
    const where = isUuid(trimmed) ? { id: trimmed } : KEY_PREFIX.test(trimmed) ? { keyPrefix: trimmed } : null;
    const apiKey = where && (await this.#database.apiKey.findUnique({ where }));
    return apiKey && { apiKey, isGenuine: null };
  }

  async #findGenuine(plaintextKey: string, keyPrefix: string): Promise<FoundKey | null> {
    const apiKey = await this.#database.apiKey.findUnique({ where: { keyPrefix } });
    if (!apiKey) return null;
    const { fingerprint, hashedKey } = apiKey;
    const isGenuine =
      fingerprint === null
        ? await matchesHash(plaintextKey, hashedKey)
        : Buffer.from(fingerprint).toString('hex') === fingerprintOf(plaintextKey);
    return { apiKey, isGenuine };
  }
}

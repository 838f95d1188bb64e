import { validate as isUuid } from 'uuid';
import type { Database } from '../platform/database/client.js';
import type { ApiKey } from '../platform/database/generated/client.js';
import { fingerprintOf, isKeyPrefix, keyPrefixOf } from '../platform/plaintext-key.js';
import { matchesHash } from './key-hash.js';

/** A key that was found by its id, key prefix or plaintext. */
export interface FoundKey {
  apiKey: ApiKey;
  /** Whether the given plaintext key is genuine; null if only an id or a key prefix was given. */
  isGenuine: boolean | null;
}

/** Finds keys for the operator by id, key prefix or plaintext, such as a leaked key. It never logs or returns the plaintext. */
export class KeyFinder {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Finds a key.
   *
   * @param text an id, a key prefix or a plaintext key, with or without surrounding spaces
   * @returns the key; null if there is no such key. For a plaintext key with a wrong secret, the key that has its prefix
   */
  async find(text: string): Promise<FoundKey | null> {
    const trimmed = text.trim();
    const plaintextPrefix = keyPrefixOf(trimmed);
    if (plaintextPrefix !== null) return this.#findGenuine(trimmed, plaintextPrefix);
    const where = isUuid(trimmed) ? { id: trimmed } : isKeyPrefix(trimmed) ? { keyPrefix: trimmed } : null;
    const apiKey = where && (await this.#database.apiKey.findUnique({ where }));
    return apiKey && { apiKey, isGenuine: null };
  }

  /**
   * Finds a key by its key prefix alone. The secret of a plaintext key is not compared, so that the answer says nothing about it.
   *
   * @param text a key prefix or a plaintext key, with or without surrounding spaces
   * @returns null if there is no such key
   */
  async findByPrefix(text: string): Promise<ApiKey | null> {
    const trimmed = text.trim();
    const keyPrefix = keyPrefixOf(trimmed) ?? (isKeyPrefix(trimmed) ? trimmed : null);
    return keyPrefix === null ? null : this.#database.apiKey.findUnique({ where: { keyPrefix } });
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

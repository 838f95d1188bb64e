import type { KeyNames, StoredKey } from '../api-keys/imported-keys.js';
import type { ImportedKey } from './import-line.js';
import { ownerKeyOf } from './owner.js';

/** Returns the identity of a key. Two lines with the same name and identity are the same key. */
export const identityOf = ({ hashedKey, owner }: Pick<ImportedKey, 'hashedKey' | 'owner'>): string => `${hashedKey} ${ownerKeyOf(owner)}`;

/** Returns the identity of a stored key. */
const storedIdentityOf = ({ hashedKey, email, externalId }: StoredKey): string => `${hashedKey} ${ownerKeyOf({ email, externalId })}`;

/** The name by which a key is recognized as present. */
export type KeyName = `${'keyPrefix' | 'hash'} ${string}`;

/** Returns the name of a key: its digest, or its key prefix for Keyward's own form. */
const nameOf = ({ keyPrefix, fingerprint, importDigest }: Pick<ImportedKey, 'keyPrefix' | 'fingerprint' | 'importDigest'>): KeyName => {
  const digest = fingerprint ?? importDigest;
  return digest === undefined ? `keyPrefix ${keyPrefix}` : `hash ${digest}`;
};

/** Returns the names that only one key can have. The name of the key is the first. */
export function namesOf(key: Pick<ImportedKey, 'keyPrefix' | 'fingerprint' | 'importDigest'>): KeyName[] {
  const name = nameOf(key);
  return key.keyPrefix === undefined || name.startsWith('keyPrefix') ? [name] : [name, `keyPrefix ${key.keyPrefix}`];
}

const distinct = (items: readonly (string | undefined)[]): string[] => [...new Set(items.filter((item) => item !== undefined))];

/** Returns the names of keys, to find the stored keys with them. */
export const searchOf = (keys: readonly ImportedKey[]): KeyNames => ({
  keyPrefixes: distinct(keys.map(({ keyPrefix }) => keyPrefix)),
  fingerprints: distinct(keys.map(({ fingerprint }) => fingerprint)),
  importDigests: distinct(keys.map(({ importDigest }) => importDigest)),
});

/** Returns the identity of each stored key by all of its names. */
export function storedIdentities(stored: readonly StoredKey[]): Map<string, string> {
  const identities = new Map<string, string>();
  for (const key of stored) {
    const names = [
      `keyPrefix ${key.keyPrefix}`,
      ...[key.fingerprint, key.importDigest].flatMap((digest) => (digest ? [`hash ${digest}`] : [])),
    ];
    for (const name of names) identities.set(name, storedIdentityOf(key));
  }
  return identities;
}

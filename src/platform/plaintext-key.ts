import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { KEY_PREFIX } from './key-prefix.js';

const PREFIX_BYTES = 4;
const SECRET_BYTES = 32;
const CHECKSUM_DIGITS = 6;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Accepts every namespace, so that a change of KEY_NAMESPACE invalidates no key. */
const WHOLE_KEY_PREFIX = new RegExp(`^${KEY_PREFIX}$`);

/** The checksum is optional, because keys of Keyward's predecessor have none. */
const PLAINTEXT_KEY = new RegExp(`^(${KEY_PREFIX})\\.[\\w-]{43}([0-9A-Za-z]{6})?$`);

/** Text that begins like this is a key of Keyward, so it is judged by its checksum alone. */
const OWN_BEGINNING = new RegExp(`^${KEY_PREFIX}\\.`);

/** Text that can be a key of another system. It needs no quotes in a header, and is no longer than a lookup reads. */
const FOREIGN_KEY = /^[A-Za-z0-9._~+/=:-]{8,255}$/;

/** A new key with its plaintext, which is not stored. */
export interface NewKey {
  /** Namespace and 8 hexadecimal digits: `amos_1a2b3c4d`. It identifies the key and is not secret. */
  keyPrefix: string;
  /** Key prefix, a dot, the secret and the checksum. At most 71 bytes, so that bcrypt reads all of it. */
  plaintextKey: string;
}

/**
 * Returns the CRC-32 of a text in base62, zero-padded. It adds no security, but Keyward and secret scanners recognize a mistyped
 * or invented key without a query (as with GitHub's tokens).
 *
 * @returns 6 characters; 62⁶ is more than 2³²
 */
export function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let position = 0; position < CHECKSUM_DIGITS; position += 1) {
    digits = BASE62[rest % BASE62.length] + digits;
    rest = Math.floor(rest / BASE62.length);
  }
  return digits;
}

/** Generates a key prefix. */
export const makeKeyPrefix = (namespace: string, random: (bytes: number) => Buffer = randomBytes): string =>
  `${namespace}_${random(PREFIX_BYTES).toString('hex')}`;

/**
 * Generates a new plaintext key.
 *
 * @param namespace KEY_NAMESPACE
 * @param random source of randomness, for tests only
 */
export function makePlaintextKey(namespace: string, random: (bytes: number) => Buffer = randomBytes): NewKey {
  const keyPrefix = makeKeyPrefix(namespace, random);
  const unchecked = `${keyPrefix}.${random(SECRET_BYTES).toString('base64url')}`;
  return { keyPrefix, plaintextKey: unchecked + checksum(unchecked) };
}

/** Returns whether a text has the form of a key prefix. A key with another prefix cannot be verified. */
export const isKeyPrefix = (text: string): boolean => WHOLE_KEY_PREFIX.test(text);

/** Returns the key prefix of a presented key; null if the format or the checksum is wrong. */
export function keyPrefixOf(text: string): string | null {
  const [, keyPrefix, digits] = PLAINTEXT_KEY.exec(text) ?? [];
  if (keyPrefix === undefined) return null;
  if (digits !== undefined && digits !== checksum(text.slice(0, -CHECKSUM_DIGITS))) return null;
  return keyPrefix;
}

/** Returns whether a text can be a key of another system, and is no key of Keyward, damaged or not. */
export const isForeignText = (text: string): boolean => FOREIGN_KEY.test(text) && !OWN_BEGINNING.test(text);

/** Returns whether all characters of a text can be part of a key of another system. */
export const hasKeyCharacters = (text: string): boolean => /^[A-Za-z0-9._~+/=:-]+$/.test(text);

/**
 * Returns the SHA-256 of a plaintext key, by which it is looked up. With 256 random bits, it needs neither a salt nor a server secret
 * (NIST SP 800-63B-4 §3.1.2.2 requires a salt only below 112 bits).
 *
 * @returns 64 hex digits
 */
export const fingerprintOf = (plaintextKey: string): string => hash('sha256', plaintextKey, 'hex');

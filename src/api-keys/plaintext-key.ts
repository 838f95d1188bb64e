import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX_BYTES = 4;
const SECRET_BYTES = 32;
const CHECKSUM_DIGITS = 6;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Any namespace: a change of KEY_NAMESPACE kills no key. */
const KEY_PREFIX = '[a-z][a-z0-9]{1,11}_[0-9a-f]{8}';
const WHOLE_KEY_PREFIX = new RegExp(`^${KEY_PREFIX}$`);

/** Without a checksum: a key of the system that Keyward comes from. */
const PLAINTEXT_KEY = new RegExp(`^(${KEY_PREFIX})\\.[\\w-]{43}([0-9A-Za-z]{6})?$`);

/** A new key in the only moment in which its plaintext is known. */
export interface NewKey {
  /** Namespace and 8 hex digits: `amos_1a2b3c4d`. Names the key without giving it away. */
  keyPrefix: string;
  /** The whole: prefix, a dot, the secret, the checksum. At most 71 bytes, so bcrypt reads all of it. */
  plaintextKey: string;
}

/**
 * CRC-32 in base62, zero-padded: it protects nothing, but a mistyped or made-up key can be told from a real one without
 * asking anybody, by us and by secret scanners (the scheme of GitHub's tokens).
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

/**
 * @param namespace what KEY_NAMESPACE says
 * @param random the source of randomness: given only by tests
 */
export function makePlaintextKey(namespace: string, random: (bytes: number) => Buffer = randomBytes): NewKey {
  const keyPrefix = `${namespace}_${random(PREFIX_BYTES).toString('hex')}`;
  const unchecked = `${keyPrefix}.${random(SECRET_BYTES).toString('base64url')}`;
  return { keyPrefix, plaintextKey: unchecked + checksum(unchecked) };
}

/** Whether a text can be a key's prefix: only then can a key with it be verified. */
export const isKeyPrefix = (text: string): boolean => WHOLE_KEY_PREFIX.test(text);

/**
 * @param text what somebody presented as a key
 * @returns the prefix that names it; null for what can't be a key, a wrong checksum included
 */
export function keyPrefixOf(text: string): string | null {
  const [, keyPrefix, digits] = PLAINTEXT_KEY.exec(text) ?? [];
  if (keyPrefix === undefined) return null;
  if (digits !== undefined && digits !== checksum(text.slice(0, -CHECKSUM_DIGITS))) return null;
  return keyPrefix;
}

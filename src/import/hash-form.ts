import { type ImportForm, importDigestOf, isFingerprint, isPart, PART_FORM, partOf } from '../api-keys/import-forms.js';
import { IMPORT_LIMITS } from '../platform/limits.js';
import { hasKeyCharacters } from '../platform/plaintext-key.js';
import { readImportedHash } from './imported-hash.js';

/** How the bytes of a hash are written. */
export type HashEncoding = 'hex' | 'base64' | 'base64url';

export const HASH_ENCODINGS: readonly HashEncoding[] = ['hex', 'base64', 'base64url'];

/** The form of the hashes of one import. */
export interface HashForm extends ImportForm {
  /** Ignored for bcrypt. */
  readonly encoding: HashEncoding;
}

/** What is stored of an imported key, and how it is found. */
export interface ImportedHash {
  /** The hash in one form, which identifies the key. */
  hashedKey: string;
  /** SHA-256 of the whole key, in hex. Null if it is not known before the first use. */
  fingerprint: string | null;
  /** Digest by which the key is found before its first use, in hex. Null if it has a fingerprint or Keyward's own form. */
  importDigest: string | null;
}

const BYTES = { sha256: 32, sha512: 64, 'hmac-sha256': 32 } as const;

/** Returns what is wrong with a form; null if nothing is. */
export function hashFormFault({ algorithm, part, secret }: ImportForm): { option: 'part' | 'secret'; message: string } | null {
  const finds = part.startsWith('before-') || part.startsWith('first:');
  if (!isPart(part)) return { option: 'part', message: `must be ${PART_FORM}` };
  if (algorithm === 'bcrypt' && !finds) {
    return {
      option: 'part',
      message: 'must be before-first:X, before-last:X or first:N for bcrypt: the unique part by which a key is found',
    };
  }
  if (algorithm !== 'bcrypt' && finds)
    return { option: 'part', message: 'must be whole, after-first:X or after-last:X: the part that is hashed' };
  if ((algorithm === 'hmac-sha256') !== (secret !== null)) {
    return { option: 'secret', message: secret === null ? 'is required for hmac-sha256' : 'is for hmac-sha256 only' };
  }
  if (secret && (secret.length === 0 || secret.length > IMPORT_LIMITS.secretBytesMax)) {
    return { option: 'secret', message: `must have 1 to ${IMPORT_LIMITS.secretBytesMax} bytes` };
  }
  return null;
}

/** Returns the bytes of a hash; null if it is not written in the encoding. Padding is optional. */
function decode(text: string, encoding: HashEncoding, bytes: number): Buffer | null {
  if (encoding === 'hex') return /^[0-9a-f]*$/i.test(text) && text.length === bytes * 2 ? Buffer.from(text, 'hex') : null;
  const decoded = Buffer.from(text, encoding);
  const unpadded = (base64: string) => base64.replace(/={1,2}$/, '');
  return decoded.length === bytes && unpadded(decoded.toString(encoding)) === unpadded(text) ? decoded : null;
}

const describe = (encoding: HashEncoding, bytes: number): string =>
  encoding === 'hex' ? `must be ${bytes * 2} hexadecimal digits` : `must be ${bytes} bytes in ${encoding}`;

/** Returns what is wrong with the beginning of a key that is shown. */
export function displayPrefixFault(text: string): string | null {
  const { displayPrefixCharacters } = IMPORT_LIMITS;
  if (text === '' || text.length > displayPrefixCharacters) return `must have 1 to ${displayPrefixCharacters} characters`;
  return hasKeyCharacters(text) ? null : 'must be letters, digits and . _ ~ + / = : -';
}

/** Returns whether a key can have this text as the part that a form names. */
function isPossiblePart(text: string, part: string): boolean {
  const rest = part.startsWith('first:') ? 'x' : part.slice(-1);
  return partOf(`${text}${rest}x`, part) === text;
}

function readBcrypt(text: string, form: HashForm, displayPrefix: string | null): ImportedHash | { path: string; fault: string } {
  const read = readImportedHash(text);
  if (read.fault !== null) return { path: 'hash', fault: read.fault };
  if (displayPrefix === null) return { path: 'displayPrefix', fault: 'is required for bcrypt: the part of the key by which it is found' };
  if (!isPossiblePart(displayPrefix, form.part)) return { path: 'displayPrefix', fault: `is not the part ${form.part} of a key` };
  return { hashedKey: read.hashedKey, fingerprint: null, importDigest: importDigestOf(form, displayPrefix) };
}

/**
 * Reads the hash of a key of another system.
 *
 * @param displayPrefix the beginning of the key; null if it is not known
 * @returns the hash, or the field that is wrong and what is wrong with it
 */
export function readHash(text: string, form: HashForm, displayPrefix: string | null): ImportedHash | { path: string; fault: string } {
  const { algorithm, encoding, part } = form;
  if (algorithm === 'bcrypt') return readBcrypt(text, form, displayPrefix);
  const bytes = decode(text, encoding, BYTES[algorithm]);
  if (bytes === null) return { path: 'hash', fault: describe(encoding, BYTES[algorithm]) };
  const hex = bytes.toString('hex');
  const hashedKey = `${algorithm}${part === 'whole' ? '' : `:${part}`}$${hex}`;
  return isFingerprint(form)
    ? { hashedKey, fingerprint: hex, importDigest: null }
    : { hashedKey, fingerprint: null, importDigest: importDigestOf(form, hex) };
}

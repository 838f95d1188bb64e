const BCRYPT_HASH = /^\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{21})([./A-Za-z0-9])([./A-Za-z0-9]{30})([./A-Za-z0-9])$/;

/** The base64 alphabet of bcrypt. */
const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Each step doubles the time of the first verification of a key: it takes about a second at cost 14. */
const COST = { min: 4, max: 14 };

/** Salt and checksum have 16 and 23 bytes, so only 2 and 4 of the 6 bits of their last characters are significant. */
const SALT_END_BITS = 0b110000;
const CHECKSUM_END_BITS = 0b111100;

const masked = (character: string, bits: number): string => ALPHABET[ALPHABET.indexOf(character) & bits] ?? '';

/**
 * Reads a bcrypt hash of another program, and normalizes it to the form of the bcrypt library, which compares hashes as
 * strings. `$2y$` (PHP) becomes `$2b$`, which is the same algorithm, and insignificant bits, which older versions of
 * passlib set, become zero.
 *
 * @returns the hash, or what is wrong with it
 */
export function readImportedHash(text: string): { hashedKey: string; fault: null } | { fault: string } {
  const [, cost, salt, saltEnd, checksum, checksumEnd] = BCRYPT_HASH.exec(text) ?? [];
  if (cost === undefined || saltEnd === undefined || checksumEnd === undefined) {
    return { fault: 'must be a bcrypt hash: $2a$, $2b$ or $2y$, two digits, $, and 53 characters' };
  }
  if (Number(cost) < COST.min || Number(cost) > COST.max) return { fault: `must have a cost from ${COST.min} to ${COST.max}` };
  const version = text.startsWith('$2a$') ? '2a' : '2b';
  const rest = `${salt}${masked(saltEnd, SALT_END_BITS)}${checksum}${masked(checksumEnd, CHECKSUM_END_BITS)}`;
  return { hashedKey: `$${version}$${cost}$${rest}`, fault: null };
}

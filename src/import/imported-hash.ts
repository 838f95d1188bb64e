const BCRYPT_HASH = /^\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{21})([./A-Za-z0-9])([./A-Za-z0-9]{30})([./A-Za-z0-9])$/;

/** bcrypt's own base64. */
const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Each step doubles the time that the first use of a key takes: at 14 it is about a second. */
const COST = { min: 4, max: 14 };

/** Salt and checksum are 16 and 23 bytes, so that of the last character of each 2 and 4 of 6 bits count. */
const SALT_END_BITS = 0b110000;
const CHECKSUM_END_BITS = 0b111100;

const masked = (character: string, bits: number): string => ALPHABET[ALPHABET.indexOf(character) & bits] ?? '';

/**
 * Reads a bcrypt hash that some other program made, and writes it as the bcrypt library does, which compares texts: `$2y$`
 * (PHP's name) is the same algorithm as `$2b$`, and bits that say nothing are zero (passlib's older versions left them).
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

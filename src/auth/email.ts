import { characterFault } from '../platform/text.js';

/** RFC 5321 §4.5.3.1.3: a path has 256 octets at most, two of which are its angle brackets. */
const OCTETS_MAX = 254;

/**
 * The one form in which an address is compared and stored: NFC, trimmed, lower case. (The part before the @ may legally
 * be case-sensitive; no provider of today makes it so, and people type it either way.)
 */
export const canonicalEmail = (email: string): string => email.normalize('NFC').trim().toLowerCase();

/**
 * Whether mail arrives is not ours to know; this keeps out what can't be an address.
 *
 * @param email canonical
 * @returns what is wrong with it, or null when nothing is
 */
export function emailFault(email: string): string | null {
  if (Buffer.byteLength(email) > OCTETS_MAX) return `must be at most ${OCTETS_MAX} bytes long`;
  if (!/^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*$/u.test(email)) return 'must be an email address';
  return characterFault(email);
}

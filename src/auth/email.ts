import { characterFault } from '../platform/text.js';

/** RFC 5321 §4.5.3.1.3: a path has 256 octets at most, two of which are its angle brackets. */
const OCTETS_MAX = 254;

/** No address is as long with all its spaces. Beyond it nothing is computed: normalizing takes time by the square. */
const TYPED_LENGTH_MAX = 1_000;

const tooLong = `must be at most ${OCTETS_MAX} bytes long`;

/**
 * The one form in which an address is compared and stored: trimmed, lower case, NFC (last, because lower case can undo
 * it). The part before the @ may legally be case-sensitive; no provider of today makes it so, and people type it either way.
 */
const canonical = (typed: string): string => typed.trim().toLowerCase().normalize('NFC');

/**
 * @param typed as somebody typed it
 * @returns the address in canonical form, and what is wrong with it: null when nothing is
 */
export function readEmail(typed: string): { email: string; fault: string | null } {
  if (typed.length > TYPED_LENGTH_MAX) return { email: '', fault: tooLong };
  const email = canonical(typed);
  return { email, fault: faultOf(email) };
}

/** Whether mail arrives is not ours to know; this keeps out what can't be an address. */
function faultOf(email: string): string | null {
  if (Buffer.byteLength(email) > OCTETS_MAX) return tooLong;
  if (!/^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*$/u.test(email)) return 'must be an email address';
  return characterFault(email);
}

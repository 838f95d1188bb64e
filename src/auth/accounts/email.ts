import { characterFault } from '../../platform/text.js';

/** RFC 5321 §4.5.3.1.3: a path has at most 256 octets, including two angle brackets. */
const OCTETS_MAX = 254;

/** Maximum length of the input, with spaces. Longer input is rejected first, because normalization takes quadratic time. */
const TYPED_LENGTH_MAX = 1_000;

const tooLong = `must be at most ${OCTETS_MAX} bytes long`;

/**
 * Returns the form in which an address is compared and stored: trimmed, lower case and NFC (last, because lower case can undo
 * it). The standard allows a case-sensitive part before the @, but providers do not use it and people type it in either case.
 */
export const canonicalAddress = (typed: string): string => typed.trim().toLowerCase().normalize('NFC');

/**
 * Reads and checks an email address.
 *
 * @param typed the address as the user typed it
 * @returns the address in canonical form, and the rule that it breaks; null if it is valid
 */
export function readEmail(typed: string): { email: string; fault: string | null } {
  if (typed.length > TYPED_LENGTH_MAX) return { email: '', fault: tooLong };
  const email = canonicalAddress(typed);
  return { email, fault: faultOf(email) };
}

/** Characters that RFC 5321 allows without quotes, and letters, marks and digits of any script (RFC 6531). */
const LOCAL_PART = /^[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]+$/u;
const DOMAIN = /^[\p{L}\p{M}\p{N}.-]+$/u;

/**
 * Invisible characters and marks that change only the display of their neighbours. They make different addresses look the same.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u;

/**
 * Reads the address of a new account like readEmail, with stricter rules. Only characters that an address needs are allowed, so
 * that no part is invisible or has a special meaning in a mail program, a shell or a page. Letters of every script are allowed,
 * including look-alikes: the operator's commands print non-ASCII characters as escapes.
 */
export function readNewEmail(typed: string): { email: string; fault: string | null } {
  const read = readEmail(typed);
  if (read.fault !== null) return read;
  const [local = '', domain = ''] = read.email.split('@');
  const isPlain = LOCAL_PART.test(local) && DOMAIN.test(domain) && !INVISIBLE.test(read.email);
  return isPlain ? read : { ...read, fault: 'must not contain invisible characters, brackets, quotes or separators' };
}

/** Returns the rule that an address breaks, or null. It checks the form only, because Keyward sends no mail. */
function faultOf(email: string): string | null {
  if (Buffer.byteLength(email) > OCTETS_MAX) return tooLong;
  if (!/^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*$/u.test(email)) return 'must be an email address';
  return characterFault(email);
}

import { characterFault } from '../../platform/text.js';

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

/** What RFC 5321 allows without quotes, and letters, marks and digits of any script (RFC 6531). */
const LOCAL_PART = /^[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]+$/u;
const DOMAIN = /^[\p{L}\p{M}\p{N}.-]+$/u;

/** Letters that show nothing, and marks that only change how their neighbour is drawn: they make two addresses look the same. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u;

/**
 * As readEmail, for an address of a new account: it may hold only characters that an address needs, so that it is neither
 * invisible nor read as something else by a mail program, a shell or a page. Letters of every script are allowed, look-alikes
 * among them: the operator's commands show what is not ASCII as escapes.
 */
export function readNewEmail(typed: string): { email: string; fault: string | null } {
  const read = readEmail(typed);
  if (read.fault !== null) return read;
  const [local = '', domain = ''] = read.email.split('@');
  const isPlain = LOCAL_PART.test(local) && DOMAIN.test(domain) && !INVISIBLE.test(read.email);
  return isPlain ? read : { ...read, fault: 'must not contain invisible characters, brackets, quotes or separators' };
}

/** Whether mail arrives is not ours to know; this keeps out what can't be an address. */
function faultOf(email: string): string | null {
  if (Buffer.byteLength(email) > OCTETS_MAX) return tooLong;
  if (!/^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*$/u.test(email)) return 'must be an email address';
  return characterFault(email);
}

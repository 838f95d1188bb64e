/** Control characters (C0, DEL, C1) and the two Unicode line separators: they can forge log lines and control a terminal. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** Returns the length in Unicode code points, as NIST SP 800-63B-4 §3.1.1.2 requires, not in UTF-16 code units. */
export const codePointCount = (text: string): number => [...text].length;

/** Returns what is wrong with a short text, such as a name or a reason. Null if it is valid. */
export function shortTextFault(text: string, charactersMax: number): string | null {
  if (text.trim() === '') return 'must not be empty';
  if (codePointCount(text) > charactersMax) return `must be at most ${charactersMax} characters long`;
  return characterFault(text);
}

/** Returns what is wrong with the characters of a text. Null if all are allowed. */
export function characterFault(text: string): string | null {
  if (!text.isWellFormed()) return 'must be valid Unicode';
  if (CONTROL.test(text)) return 'must not contain control characters';
  return null;
}

/** Returns whether a text has only visible ASCII characters, without spaces, and at least one. */
export const isVisibleAscii = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

const USER_AGENT_CHARACTERS_MAX = 300;

/** Returns a user agent without control characters, which PostgreSQL (NUL) or a terminal cannot process, cut to 300 characters. */
export const storableUserAgent = (userAgent: string | null): string | null =>
  userAgent === null
    ? null
    : userAgent
        .slice(0, USER_AGENT_CHARACTERS_MAX)
        .replace(/\p{Cc}/gu, '')
        .toWellFormed();

/**
 * Returns whether an error message may repeat a name that the client sent: a misspelled name, but not a secret that was sent
 * in the place of a name. Keys, tokens and hashes are long, or contain many digits or other characters.
 */
export const isPrintableName = (name: string): boolean => /^[A-Za-z_][\w-]{0,39}$/.test(name) && name.replace(/\D/g, '').length <= 3;

/** Control characters (C0, DEL, C1) and the two separators that break lines: they forge log lines and terminals. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** The length as people count it: in Unicode code points (NIST SP 800-63B-4 §3.1.1.2), not UTF-16 units. */
export const codePointCount = (text: string): number => [...text].length;

/**
 * @returns what is wrong with a short text that people read (a name, a reason), or null when nothing is
 */
export function shortTextFault(text: string, charactersMax: number): string | null {
  if (text.trim() === '') return 'must not be empty';
  if (codePointCount(text) > charactersMax) return `must be at most ${charactersMax} characters long`;
  return characterFault(text);
}

/** @returns what is wrong with the characters of a text, or null when nothing is */
export function characterFault(text: string): string | null {
  if (!text.isWellFormed()) return 'must be valid Unicode';
  if (CONTROL.test(text)) return 'must not hold control characters';
  return null;
}

const USER_AGENT_CHARACTERS_MAX = 300;

/** @returns what PostgreSQL can store of a user agent (no NUL) and a terminal show (no control characters), cut to a sensible length */
export const storableUserAgent = (userAgent: string | null): string | null =>
  userAgent === null
    ? null
    : userAgent
        .slice(0, USER_AGENT_CHARACTERS_MAX)
        .replace(/\p{Cc}/gu, '')
        .toWellFormed();

/**
 * A misspelt name is repeated to the client, a secret in the place of a name is not.
 *
 * @returns false for what keys, tokens and hashes look like: long, with many digits or with other characters than letters
 */
export const isTellableName = (name: string): boolean => /^[A-Za-z_][\w-]{0,39}$/.test(name) && name.replace(/\D/g, '').length <= 3;

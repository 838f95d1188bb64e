import { readFileSync } from 'node:fs';
import { characterFault, codePointCount } from '../../platform/text.js';
import { leetReadings, PARTS_MIN, PredictableParts } from './predictable-password.js';

/** Minimum for a password that is the only factor (NIST SP 800-63B-4 §3.1.1.2). */
const CHARACTERS_MIN = 15;

/** Maximum input of bcrypt. A longer password is rejected, never truncated. */
const BYTES_MAX = 72;

const PRODUCT_NAME = 'keyward';

/** Shorter words of an address occur in passwords by chance. */
const OWN_WORD_LENGTH_MIN = 3;

const COMMON_PASSWORDS_FILE = new URL('../../../assets/common-passwords.txt', import.meta.url);

/** A longer password exceeds 72 bytes in any normal form. Normalization takes time quadratic in the length, so it is skipped. */
const NORMALIZED_LENGTH_MAX = 300;

/**
 * Returns the NFC form of a password, so that equal text typed in different ways matches (RFC 8265 §4.2, NIST SP 800-63B-4
 * §3.1.1.2).
 */
export const normalizePassword = (password: string): string =>
  password.length > NORMALIZED_LENGTH_MAX ? password : password.normalize('NFC');

/**
 * Returns whether bcrypt reads the whole password. It would compare only 72 bytes of a longer one, and only the part before a
 * NUL.
 */
export const isReadableByBcrypt = (password: string): boolean =>
  Buffer.byteLength(password) <= BYTES_MAX && characterFault(password) === null;

/** Returns whether a text repeats a shorter text. The last repetition may be incomplete. */
function isRepetition(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period += 1) {
    if (text.startsWith(text.slice(period))) return true;
  }
  return false;
}

/** Returns the text in lower case and in its compatibility form (NFKD), without accents. */
const simplify = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();

/** Returns the words of an address: its parts between dots, hyphens and the @. */
const wordsOf = (email: string): string[] =>
  [email.split('@', 1)[0] ?? '', ...email.split(/[^\p{L}\p{N}]+/u)].filter((word) => word.length >= OWN_WORD_LENGTH_MIN);

/** Rules for new passwords. docs/decisions/0012-predictable-passwords.md gives the reasons. */
export class PasswordRules {
  readonly #common: ReadonlySet<string> = new Set(readFileSync(COMMON_PASSWORDS_FILE, 'utf8').trim().split('\n'));
  readonly #parts = new PredictableParts();

  /**
   * Checks a new password.
   *
   * @param email canonical address of the user; null if unknown
   * @returns the message for the first rule that the password breaks; null if it breaks none
   */
  fault(password: string, email: string | null): string | null {
    const normalized = normalizePassword(password);
    if (codePointCount(normalized) < CHARACTERS_MIN) return `must be at least ${CHARACTERS_MIN} characters long`;
    if (Buffer.byteLength(normalized) > BYTES_MAX) return `must be at most ${BYTES_MAX} bytes long in UTF-8`;
    const unreadable = characterFault(normalized);
    if (unreadable !== null) return unreadable;
    const guessable = [...new Set([normalized.toLowerCase(), simplify(normalized)])].map((folded) => this.#guessable(folded, email));
    return guessable.find((fault) => fault !== null) ?? null;
  }

  #guessable(folded: string, email: string | null): string | null {
    const plain = folded.replace(/[\s\p{P}\p{S}]+/gu, '');
    if (email !== null && folded.includes(email)) return 'must not contain your email address';
    if ([plain, ...leetReadings(folded)].some((reading) => reading.includes(PRODUCT_NAME))) {
      return `must not contain the product's name, ${PRODUCT_NAME}`;
    }
    if (isRepetition(plain) || isRepetition(folded)) return 'must not be one word or character repeated';
    if (this.#isCommon(folded)) return 'must not be one of the most common passwords or a variant of one';
    const { cost, kinds } = this.#parts.cheapestCut(folded, new Set(email === null ? [] : wordsOf(email)));
    if (cost >= PARTS_MIN) return null;
    if (kinds.has('own')) return 'must not be your email address with a few added characters';
    if (kinds.has('word')) return 'must not be a variant of common passwords. Use more words or less common words';
    return 'must not consist of sequences (such as 1234567 or qwertyu), numbers and repetitions';
  }

  #isCommon(folded: string): boolean {
    const withoutEnds = folded.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
    return [folded, withoutEnds, ...leetReadings(folded)].some((reading) => this.#common.has(reading));
  }
}

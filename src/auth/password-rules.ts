import { readFileSync } from 'node:fs';
import { characterFault, codePointCount } from '../platform/text.js';
import { leetReadings, PARTS_MIN, PredictableParts } from './predictable-password.js';

/** For a password that is the only factor: NIST SP 800-63B-4 §3.1.1.2. */
const CHARACTERS_MIN = 15;

/** bcrypt reads no more. A longer password is rejected, never truncated. */
const BYTES_MAX = 72;

const PRODUCT_NAME = 'keyward';

/** Shorter words of an address occur in passwords by accident. */
const OWN_WORD_LENGTH_MIN = 3;

const COMMON_PASSWORDS_FILE = new URL('../../assets/common-passwords.txt', import.meta.url);

/** However it composes, a longer one is more than 72 bytes; normalizing it would take time by the square of its length. */
const NORMALIZED_LENGTH_MAX = 300;

/** Returns one form for what looks the same however it was typed: RFC 8265 §4.2, as NIST SP 800-63B-4 §3.1.1.2 asks. */
export const normalizePassword = (password: string): string =>
  password.length > NORMALIZED_LENGTH_MAX ? password : password.normalize('NFC');

/** Returns whether bcrypt reads the password in full: a longer one would match by its first 72 bytes, one with a NUL by what is before it. */
export const isReadableByBcrypt = (password: string): boolean =>
  Buffer.byteLength(password) <= BYTES_MAX && characterFault(password) === null;

/** Whether a text is some shorter text over and over, the last time perhaps cut short. */
function isRepetition(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period += 1) {
    if (text.startsWith(text.slice(period))) return true;
  }
  return false;
}

/** Returns the text in lower case, without accents, full-width forms and the like. */
const simplify = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();

/** Returns the words of an address: its parts between dots, hyphens and the @. */
const wordsOf = (email: string): string[] =>
  [email.split('@', 1)[0] ?? '', ...email.split(/[^\p{L}\p{N}]+/u)].filter((word) => word.length >= OWN_WORD_LENGTH_MIN);

/** What a password may be. The reasons for these rules are in docs/decisions/0012-predictable-passwords.md. */
export class PasswordRules {
  readonly #common: ReadonlySet<string> = new Set(readFileSync(COMMON_PASSWORDS_FILE, 'utf8').trim().split('\n'));
  readonly #parts = new PredictableParts();

  /**
   * @param email canonical, of the user whose password it is to be; null if unknown
   * @returns the rule that the password breaks, or null
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

import { readFileSync } from 'node:fs';
import bcrypt from 'bcrypt';
import type { HashQueue } from '../platform/hash-queue.js';
import { characterFault, codePointCount } from '../platform/text.js';

/** For a password that is the only factor: NIST SP 800-63B-4 §3.1.1.2. */
const CHARACTERS_MIN = 15;

/** bcrypt reads no more. A longer password is refused, never truncated. */
const BYTES_MAX = 72;

/** In characters of its base64, behind the salt. */
const BCRYPT_DIGEST_LENGTH = 31;

const COMMON_PASSWORDS_FILE = new URL('../../assets/common-passwords.txt', import.meta.url);

/** However it composes, a longer one is more than 72 bytes; normalizing it would take time by the square of its length. */
const NORMALIZED_LENGTH_MAX = 300;

/** One form for what looks the same however it was typed: RFC 8265 §4.2, as NIST SP 800-63B-4 §3.1.1.2 asks. */
const normalize = (password: string): string => (password.length > NORMALIZED_LENGTH_MAX ? password : password.normalize('NFC'));

/** Whether a text is some shorter text over and over, the last time perhaps cut short. */
function isRepetition(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period += 1) {
    if (text.startsWith(text.slice(period))) return true;
  }
  return false;
}

/** What bcrypt would read in full: a longer one would match by its first 72 bytes, one with a NUL by what is before it. */
const isReadableByBcrypt = (password: string): boolean => Buffer.byteLength(password) <= BYTES_MAX && characterFault(password) === null;

/**
 * The passwords of users: what they may be, and their hashes (bcrypt, at a cost of BCRYPT_COST).
 */
export class Passwords {
  readonly #hashes: HashQueue;
  readonly #cost: number;
  readonly #common: ReadonlySet<string>;
  /** Compared against where there is no user, so that the answer takes as long. It has the form of a hash and is none. */
  readonly #hashOfNobody: string;

  constructor(options: { hashes: HashQueue; cost: number }) {
    this.#hashes = options.hashes;
    this.#cost = options.cost;
    this.#hashOfNobody = bcrypt.genSaltSync(options.cost) + '.'.repeat(BCRYPT_DIGEST_LENGTH);
    this.#common = new Set(readFileSync(COMMON_PASSWORDS_FILE, 'utf8').split('\n'));
  }

  /**
   * @param email canonical, of the user whose password it is to be; null where that is no address
   * @returns what keeps it from being a password, or null when nothing does
   */
  fault(password: string, email: string | null): string | null {
    const normalized = normalize(password);
    const folded = normalized.toLowerCase();
    if (codePointCount(normalized) < CHARACTERS_MIN) return `must be at least ${CHARACTERS_MIN} characters long`;
    if (Buffer.byteLength(normalized) > BYTES_MAX) return `must be at most ${BYTES_MAX} bytes long in UTF-8`;
    if (email !== null && folded.includes(email)) return 'must not hold your email address';
    if (isRepetition(folded.replace(/[\s\p{P}]+/gu, '')) || isRepetition(folded)) return 'must not be one word or character repeated';
    if (this.#common.has(folded)) return 'is one of the most common passwords';
    return characterFault(normalized);
  }

  /** @throws {KeywardError} SERVICE_UNAVAILABLE when too many hashes wait */
  hash(password: string): Promise<string> {
    return this.#hashes.run(() => bcrypt.hash(normalize(password), this.#cost));
  }

  /**
   * Takes as long for a user that doesn't exist as for one that does.
   *
   * @param hash the user's, or null where there is no such user, or none with a password
   * @throws {KeywardError} SERVICE_UNAVAILABLE when too many hashes wait
   */
  async matches(password: string, hash: string | null): Promise<boolean> {
    const normalized = normalize(password);
    const readable = isReadableByBcrypt(normalized);
    const equal = await this.#hashes.run(() => bcrypt.compare(readable ? normalized : '', hash ?? this.#hashOfNobody));
    return equal && readable && hash !== null;
  }

  /** @returns whether the hash was made at another cost than the configured one */
  isOutdated(hash: string): boolean {
    return bcrypt.getRounds(hash) !== this.#cost;
  }
}

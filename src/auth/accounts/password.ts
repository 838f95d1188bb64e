import bcrypt from 'bcrypt';
import type { HashQueue, Turn } from '../../platform/queues/hash-queue.js';
import { isReadableByBcrypt, normalizePassword } from './password-rules.js';

/** In characters of its base64, behind the salt. */
const BCRYPT_DIGEST_LENGTH = 31;

/** The highest that BCRYPT_COST can be. */
const COST_MAX = 14;

/** Dummy hash of a cost. No password matches it: it has the form of a hash and is none. */
const dummyHash = (cost: number): string => bcrypt.genSaltSync(cost) + '.'.repeat(BCRYPT_DIGEST_LENGTH);

/** Returns the cost of a stored hash; null if it is no hash of bcrypt. */
const costOf = (hash: string): number | null => {
  const [, cost] = /^\$2[abxy]?\$(\d\d)\$/.exec(hash) ?? [];
  return cost === undefined ? null : Number(cost);
};

/** Computes and compares the hashes of passwords (bcrypt, at a cost of BCRYPT_COST). */
export class Passwords {
  readonly #hashes: HashQueue;
  readonly #cost: number;
  readonly #findHighestCost: () => Promise<number | null>;
  readonly #dummies = new Map<number, string>();
  /** Every comparison takes as long as one of a hash of this cost. */
  #comparedCost: number;
  #isHighestKnown = false;

  /** @param options.findHighestCost returns the highest cost of a stored hash; null if there is none */
  constructor(options: { hashes: HashQueue; cost: number; findHighestCost: () => Promise<number | null> }) {
    this.#hashes = options.hashes;
    this.#cost = options.cost;
    this.#comparedCost = options.cost;
    this.#findHighestCost = options.findHighestCost;
  }

  /** @throws {KeywardError} SERVICE_UNAVAILABLE if too many hashes wait */
  hash(password: string, turn: Turn): Promise<string> {
    return this.#hashes.run(() => bcrypt.hash(normalizePassword(password), this.#cost), turn);
  }

  /**
   * Takes equally long for every account and for a user that does not exist, whatever BCRYPT_COST was when the hash was
   * made: work doubles with each step of the cost, so a hash of cost r is followed by dummies of r, r + 1, … up to the
   * highest cost in use.
   *
   * @param hash the user's, or null if there is no such user, or none with a password
   * @throws {KeywardError} SERVICE_UNAVAILABLE if too many hashes wait
   */
  async matches(password: string, hash: string | null, turn: Turn): Promise<boolean> {
    const normalized = normalizePassword(password);
    const readable = isReadableByBcrypt(normalized);
    const typed = readable ? normalized : '';
    await this.#raiseComparedCost(hash);
    const total = this.#comparedCost;
    const equal = await this.#hashes.run(async () => {
      const cost = hash === null ? null : costOf(hash);
      if (hash === null || cost === null) return bcrypt.compare(typed, this.#dummy(total));
      const isEqual = await bcrypt.compare(typed, hash);
      for (let padding = cost; padding < total; padding += 1) await bcrypt.compare(typed, this.#dummy(padding));
      return isEqual;
    }, turn);
    return equal && readable && hash !== null;
  }

  /** Returns whether the hash was made at another cost than the configured one. */
  isOutdated(hash: string): boolean {
    return costOf(hash) !== this.#cost;
  }

  async #raiseComparedCost(hash: string | null): Promise<void> {
    if (!this.#isHighestKnown) {
      const highest = await this.#findHighestCost();
      this.#isHighestKnown = true;
      this.#raiseTo(highest ?? 0);
    }
    // Another process may have stored it since, with another BCRYPT_COST.
    if (hash !== null) this.#raiseTo(costOf(hash) ?? 0);
  }

  #raiseTo(cost: number): void {
    this.#comparedCost = Math.max(this.#comparedCost, Math.min(cost, COST_MAX));
  }

  #dummy(cost: number): string {
    const kept = this.#dummies.get(cost) ?? dummyHash(cost);
    this.#dummies.set(cost, kept);
    return kept;
  }
}

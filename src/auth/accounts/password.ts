import bcrypt from 'bcrypt';
import type { HashQueue, Turn } from '../../platform/queues/hash-queue.js';
import { isReadableByBcrypt, normalizePassword } from './password-rules.js';

/** Length of the digest after the salt, in characters of bcrypt's base64. */
const BCRYPT_DIGEST_LENGTH = 31;

/** Maximum of BCRYPT_COST. */
const COST_MAX = 14;

/** Returns a dummy hash of a cost. It has the form of a hash, but no password matches it. */
const dummyHash = (cost: number): string => bcrypt.genSaltSync(cost) + '.'.repeat(BCRYPT_DIGEST_LENGTH);

/** Returns the cost of a stored hash; null if it is not a bcrypt hash. */
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
  /** Every comparison takes as long as the comparison with a hash of this cost. */
  #comparedCost: number;
  #isHighestKnown = false;

  /** @param options.findHighestCost returns the highest cost of a stored hash; null if no hash is stored */
  constructor(options: { hashes: HashQueue; cost: number; findHighestCost: () => Promise<number | null> }) {
    this.#hashes = options.hashes;
    this.#cost = options.cost;
    this.#comparedCost = options.cost;
    this.#findHighestCost = options.findHighestCost;
  }

  /** Returns the hash of a password. @throws {KeywardError} SERVICE_UNAVAILABLE if too many hashes wait */
  hash(password: string, turn: Turn): Promise<string> {
    return this.#hashes.run(() => bcrypt.hash(normalizePassword(password), this.#cost), turn);
  }

  /**
   * Returns whether a password matches a hash. It takes equally long for every account and for a user that does not exist,
   * whatever BCRYPT_COST was when the hash was computed: work doubles with each step of the cost, so after a hash of cost r,
   * dummies of cost r, r + 1, … are compared, up to the highest cost in use.
   *
   * @param hash hash of the user; null if the user does not exist or has no password
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

  /** Returns whether the cost of the hash differs from the configured cost. */
  isOutdated(hash: string): boolean {
    return costOf(hash) !== this.#cost;
  }

  async #raiseComparedCost(hash: string | null): Promise<void> {
    if (!this.#isHighestKnown) {
      const highest = await this.#findHighestCost();
      this.#isHighestKnown = true;
      this.#raiseTo(highest ?? 0);
    }
    // Another process with another BCRYPT_COST may have stored the hash later.
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

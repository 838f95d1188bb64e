import { DigestMap, digestNumber } from './digest-map.js';
import type { ImportedKey } from './import-line.js';
import { identityOf, type Known } from './plan.js';

/** No key's identity: it stands for one that is known to be another one. */
const ANOTHER = '';

/** What a dry run would have written so far, in memory that is small beside the file: digests instead of texts. */
export class DryRun {
  /** By key prefix, the digest of the key's identity. */
  readonly #identities = new DigestMap();
  /** How many usable keys each owner would have got. */
  readonly #counts = new DigestMap();

  /** Adds to what the database knows about a batch what earlier batches would have written. */
  extend(known: Known, keys: readonly ImportedKey[]): void {
    for (const key of keys) {
      const digest = this.#identities.get(key.keyPrefix);
      if (digest === digestNumber(identityOf(key))) known.identities.set(key.keyPrefix, identityOf(key));
      else if (digest !== undefined && !known.identities.has(key.keyPrefix)) known.identities.set(key.keyPrefix, ANOTHER);
    }
    for (const email of new Set(keys.map((key) => key.email))) {
      const count = this.#counts.get(email) ?? 0;
      if (count > 0) known.counts.set(email, (known.counts.get(email) ?? 0) + count);
    }
  }

  /** @returns whether an earlier batch would have given this owner a key */
  hasSeen(email: string): boolean {
    return this.#counts.get(email) !== undefined;
  }

  /**
   * Remembers what a batch would have written.
   *
   * @param before how many usable keys each owner has in the database
   * @param after how many would count now
   */
  add(imported: readonly ImportedKey[], before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
    for (const key of imported) {
      this.#identities.set(key.keyPrefix, digestNumber(identityOf(key)));
      this.#counts.set(key.email, (after.get(key.email) ?? 0) - (before.get(key.email) ?? 0));
    }
  }
}

import { DigestMap, digestNumber } from './digest-map.js';
import type { ImportedKey } from './import-line.js';
import { identityOf, type Known } from './plan.js';

/** Stands for the identity of a key of which only the digest is known. It differs from the identity of every key. */
const OTHER_IDENTITY = '';

/** Remembers what a dry run would have written so far. It stores digests, so it needs much less memory than the file. */
export class DryRun {
  /** Digest of the identity of each key, by key prefix. */
  readonly #identities = new DigestMap();
  /** Number of usable keys that each owner would have received, by email. */
  readonly #counts = new DigestMap();

  /** Adds to `known` what earlier batches would have written for these keys. */
  extend(known: Known, keys: readonly ImportedKey[]): void {
    for (const key of keys) {
      const digest = this.#identities.get(key.keyPrefix);
      if (digest === digestNumber(identityOf(key))) known.identities.set(key.keyPrefix, identityOf(key));
      else if (digest !== undefined && !known.identities.has(key.keyPrefix)) known.identities.set(key.keyPrefix, OTHER_IDENTITY);
    }
    for (const email of new Set(keys.map((key) => key.email))) {
      const count = this.#counts.get(email) ?? 0;
      if (count > 0) known.counts.set(email, (known.counts.get(email) ?? 0) + count);
    }
  }

  /** Returns whether an earlier batch would have imported a key of this owner. */
  hasSeen(email: string): boolean {
    return this.#counts.get(email) !== undefined;
  }

  /**
   * Adds what a batch would have written.
   *
   * @param before number of usable keys of each owner in the database
   * @param after number of usable keys of each owner after the batch
   */
  add(imported: readonly ImportedKey[], before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
    for (const key of imported) {
      this.#identities.set(key.keyPrefix, digestNumber(identityOf(key)));
      this.#counts.set(key.email, (after.get(key.email) ?? 0) - (before.get(key.email) ?? 0));
    }
  }
}

import type { PolicyRules } from '../policies/policy-rules.js';
import { DigestMap, digestNumber } from './digest-map.js';
import type { ImportedKey } from './import-line.js';
import { identityOf, namesOf } from './key-names.js';
import { ownerKeyOf } from './owner.js';
import type { Known } from './plan.js';

/** Stands for the identity of a key of which only the digest is known. It differs from the identity of every key. */
const OTHER_IDENTITY = '';

/** Remembers what a dry run would have written so far. It stores digests, so it needs much less memory than the file. */
export class DryRun {
  /** Digest of the identity of each key, by each of its names. */
  readonly #identities = new DigestMap();
  /** Number of usable keys that each owner would have received, by owner. */
  readonly #counts = new DigestMap();
  /** Index in `#rules` of the policy that each owner would have received, by owner. */
  readonly #policies = new DigestMap();
  readonly #rules: PolicyRules[] = [];

  /** Adds to `known` what earlier batches would have written for these keys. */
  extend(known: Known, keys: readonly ImportedKey[]): void {
    for (const key of keys) for (const name of namesOf(key)) this.#extendBy(name, identityOf(key), known);
    for (const owner of new Set(keys.map((key) => ownerKeyOf(key.owner)))) {
      if (this.hasSeen(owner)) known.owners.add(owner);
      const policy = this.#rules[this.#policies.get(owner) ?? -1];
      if (policy) known.policies.set(owner, policy);
      const count = this.#counts.get(owner) ?? 0;
      if (count > 0) known.counts.set(owner, (known.counts.get(owner) ?? 0) + count);
    }
  }

  /** Returns whether an earlier batch would have imported a key of this owner. */
  hasSeen(owner: string): boolean {
    return this.#counts.get(owner) !== undefined;
  }

  /**
   * Adds what a batch would have written.
   *
   * @param before number of usable keys of each owner in the database
   * @param known the state after the batch
   */
  add(imported: readonly ImportedKey[], before: ReadonlyMap<string, number>, { counts: after, policies }: Known): void {
    for (const key of imported) {
      for (const name of namesOf(key)) this.#identities.set(name, digestNumber(identityOf(key)));
      const owner = ownerKeyOf(key.owner);
      this.#counts.set(owner, (after.get(owner) ?? 0) - (before.get(owner) ?? 0));
      const policy = key.policy === undefined ? undefined : policies.get(owner);
      if (policy) this.#policies.set(owner, this.#indexOf(policy));
    }
  }

  #indexOf(policy: PolicyRules): number {
    const index = this.#rules.findIndex(({ id }) => id === policy.id);
    return index === -1 ? this.#rules.push(policy) - 1 : index;
  }

  #extendBy(name: string, identity: string, known: Known): void {
    const digest = this.#identities.get(name);
    if (digest === digestNumber(identity)) known.identities.set(name, identity);
    else if (digest !== undefined && !known.identities.has(name)) known.identities.set(name, OTHER_IDENTITY);
  }
}

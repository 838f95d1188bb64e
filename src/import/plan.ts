import { ApiKeyStatus, statusOf } from '../api-keys/api-key-status.js';
import type { ImportedKey } from './import-line.js';
import { identityOf, namesOf } from './key-names.js';
import { ownerKeyOf } from './owner.js';

/** Outcome of a line: the key was imported, is already present, or is rejected. */
export type Outcome = { kind: 'imported' } | { kind: 'present' } | { kind: 'bad'; reasons: readonly string[] };

/** State before a batch. planImport updates it line by line to the state after the batch. */
export interface Known {
  /** Identity of each existing key, by name. */
  identities: Map<string, string>;
  /** Number of keys that count against the limit of their owner, by owner. No entry means 0. */
  counts: Map<string, number>;
  /** Owners with an account that was created by sign-up, which must not receive keys. */
  selfRegistered: ReadonlySet<string>;
}

/** Sign-up does not verify addresses, so an attacker could sign up with the address of another person and receive their keys. */
const SELF_REGISTERED = 'email belongs to an account that was created by sign-up. Use --into-existing to give it the key.';

/** Returns whether a key counts against the limit of its owner: it is neither revoked nor expired. */
function counts(key: ImportedKey, now: Date): boolean {
  const { revokedAt, expiresAt = null, enabled = true } = key;
  const status = statusOf({ revokedAt, expiresAt, enabled, replacedById: null }, now);
  return status !== ApiKeyStatus.REVOKED && status !== ApiKeyStatus.EXPIRED;
}

/** Returns the outcome of a key that exists, or with a name of another key; null if all of its names are free. */
function existingOutcome(key: ImportedKey, identities: ReadonlyMap<string, string>): Outcome | null {
  for (const [index, name] of namesOf(key).entries()) {
    const identity = identities.get(name);
    if (index === 0 && identity === identityOf(key)) return { kind: 'present' };
    if (identity !== undefined) return { kind: 'bad', reasons: [`${name.split(' ')[0]} belongs to another key`] };
  }
  return null;
}

/**
 * Decides about the keys of a batch, without I/O.
 *
 * @param keys in the order of their lines
 * @param known is changed to the state after the batch
 * @returns the outcome of each key, in the same order
 */
export function planImport(keys: readonly ImportedKey[], known: Known, options: { now: Date; keysPerUserMax: number }): Outcome[] {
  return keys.map((key) => {
    const existing = existingOutcome(key, known.identities);
    if (existing) return existing;
    const owner = ownerKeyOf(key.owner);
    if (known.selfRegistered.has(owner)) return { kind: 'bad', reasons: [SELF_REGISTERED] };
    if (counts(key, options.now)) {
      const count = known.counts.get(owner) ?? 0;
      if (count >= options.keysPerUserMax) {
        return { kind: 'bad', reasons: [`the user already has ${options.keysPerUserMax} usable keys (MAX_KEYS_PER_USER)`] };
      }
      known.counts.set(owner, count + 1);
    }
    for (const name of namesOf(key)) known.identities.set(name, identityOf(key));
    return { kind: 'imported' };
  });
}

import { ApiKeyStatus, statusOf } from '../api-keys/api-key-status.js';
import type { ImportedKey } from './import-line.js';

/** Outcome of a line: the key was imported, is already present, or is rejected. */
export type Outcome = { kind: 'imported' } | { kind: 'present' } | { kind: 'bad'; reasons: readonly string[] };

/** State before a batch. planImport updates it line by line to the state after the batch. */
export interface Known {
  /** Identity of each existing key, by key prefix. */
  identities: Map<string, string>;
  /** Number of keys that count against the limit of their owner, by email. No entry means 0. */
  counts: Map<string, number>;
  /** Emails of accounts that were created by sign-up and must not receive keys. */
  selfRegistered: ReadonlySet<string>;
}

/** Sign-up does not verify addresses, so an attacker could sign up with the address of another person and receive their keys. */
const SELF_REGISTERED = 'email belongs to an account that was created by sign-up. Use --into-existing to give it the key.';

/** Returns the identity of a key. Two lines with the same key prefix and identity are the same key. */
export const identityOf = (key: { email: string; hashedKey: string }): string => `${key.hashedKey} ${key.email}`;

/** Returns whether a key counts against the limit of its owner: it is neither revoked nor expired. */
function counts(key: ImportedKey, now: Date): boolean {
  const { revokedAt, expiresAt = null, enabled = true } = key;
  const status = statusOf({ revokedAt, expiresAt, enabled, replacedById: null }, now);
  return status !== ApiKeyStatus.REVOKED && status !== ApiKeyStatus.EXPIRED;
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
    const identity = known.identities.get(key.keyPrefix);
    if (identity === identityOf(key)) return { kind: 'present' };
    if (identity !== undefined) return { kind: 'bad', reasons: ['keyPrefix belongs to another key'] };
    if (known.selfRegistered.has(key.email)) return { kind: 'bad', reasons: [SELF_REGISTERED] };
    if (counts(key, options.now)) {
      const count = known.counts.get(key.email) ?? 0;
      if (count >= options.keysPerUserMax) {
        return { kind: 'bad', reasons: [`the user already has ${options.keysPerUserMax} usable keys (MAX_KEYS_PER_USER)`] };
      }
      known.counts.set(key.email, count + 1);
    }
    known.identities.set(key.keyPrefix, identityOf(key));
    return { kind: 'imported' };
  });
}

import { ApiKeyStatus, statusOf } from '../api-keys/api-key-status.js';
import type { ImportedKey } from './import-line.js';

/** What became of a line: the key is new, was there already, or can't be taken. */
export type Outcome = { kind: 'imported' } | { kind: 'present' } | { kind: 'bad'; reasons: readonly string[] };

/** What there was before a batch. A plan goes on with it line by line, and leaves it as it will be afterwards. */
export interface Known {
  /** By key prefix, what identityOf tells of the key. */
  identities: Map<string, string>;
  /** By email, how many keys count against the owner's limit. Absent: none. */
  counts: Map<string, number>;
  /** Emails of accounts that their users signed up for, to which no key may go unasked. */
  selfRegistered: ReadonlySet<string>;
}

/** Sign-up proves no address: whoever signed up with it first would get the keys of the person whose address it is. */
const SELF_REGISTERED = 'email belongs to an account that was created by sign-up. Use --into-existing to give it the key.';

/** Two lines of one prefix and one identity are the same key. */
export const identityOf = (key: { email: string; hashedKey: string }): string => `${key.hashedKey} ${key.email}`;

/** Whether an imported key counts against its owner's limit: neither revoked nor expired. */
function counts(key: ImportedKey, now: Date): boolean {
  const { revokedAt, expiresAt = null, enabled = true } = key;
  const status = statusOf({ revokedAt, expiresAt, enabled, replacedById: null }, now);
  return status !== ApiKeyStatus.REVOKED && status !== ApiKeyStatus.EXPIRED;
}

/**
 * @param keys in the order of their lines
 * @returns the outcome of each, in the same order
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

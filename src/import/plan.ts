import { ApiKeyStatus, statusOf } from '../api-keys/api-key-status.js';
import { keysMaxOf } from '../api-keys/key-limit.js';
import { reportGrantFaults } from '../policies/grant-rules.js';
import type { PolicyRules } from '../policies/policy-rules.js';
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
  /** Policies that apply to existing accounts, by email. */
  policies: ReadonlyMap<string, PolicyRules>;
  /** The policy that applies to every other account. Null if there is no such policy. */
  defaultPolicy: PolicyRules | null;
}

/** Sign-up does not verify addresses, so an attacker could sign up with the address of another person and receive their keys. */
const SELF_REGISTERED = 'email belongs to an account that was created by sign-up. Use --into-existing to give it the key.';

/** Returns the identity of a key. Two lines with the same key prefix and identity are the same key. */
export const identityOf = (key: { email: string; hashedKey: string }): string => `${key.hashedKey} ${key.email}`;

/** Returns whether a key counts against the limit of its owner: it is neither revoked nor expired. */
function counts(key: ImportedKey, now: Date): boolean {
  const { revokedAt, createdAt, expiresAt = null, enabled = true } = key;
  // The policy does not matter, because the lifetime of an imported key begins with the import.
  const status = statusOf({ revokedAt, createdAt, importedAt: now, expiresAt, enabled, replacedById: null }, null, now);
  return status !== ApiKeyStatus.REVOKED && status !== ApiKeyStatus.EXPIRED;
}

/** Returns the rules of the policy that a usable key breaks. */
function policyReasons({ scopes, expiresAt = null }: ImportedKey, policy: PolicyRules | null, now: Date): string[] {
  const reasons: string[] = [];
  reportGrantFaults({ scopes, expiresAt }, now, policy, (path, message) => {
    if (message !== null) reasons.push(`${path} ${message}`);
  });
  return reasons;
}

/** Returns the reason for which the user can have no further usable key; null if there is no such reason. */
function limitReason(count: number, policy: PolicyRules | null, keysPerUserMax: number): string | null {
  const max = keysMaxOf(policy, keysPerUserMax);
  if (count < max) return null;
  const limit = policy === null || policy.keysMax === null ? 'MAX_KEYS_PER_USER' : `policy ${policy.name}`;
  return `the user already has ${max} usable keys (${limit})`;
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
      const policy = known.policies.get(key.email) ?? known.defaultPolicy;
      const reasons = policyReasons(key, policy, options.now);
      if (reasons.length > 0) return { kind: 'bad', reasons };
      const count = known.counts.get(key.email) ?? 0;
      const reason = limitReason(count, policy, options.keysPerUserMax);
      if (reason !== null) return { kind: 'bad', reasons: [reason] };
      known.counts.set(key.email, count + 1);
    }
    known.identities.set(key.keyPrefix, identityOf(key));
    return { kind: 'imported' };
  });
}

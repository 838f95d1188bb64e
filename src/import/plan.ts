import { ApiKeyStatus, statusOf } from '../api-keys/api-key-status.js';
import { keysMaxOf } from '../api-keys/key-limit.js';
import { reportGrantFaults } from '../policies/grant-rules.js';
import type { PolicyRules } from '../policies/policy-rules.js';
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
  /** Policies that apply to existing accounts, by owner. */
  policies: Map<string, PolicyRules>;
  /** The owners that exist. */
  owners: Set<string>;
  /** The policies that lines name, by name. */
  named: ReadonlyMap<string, PolicyRules>;
  /** The policy that applies to every other account. Null if there is no such policy. */
  defaultPolicy: PolicyRules | null;
}

/** Sign-up does not verify addresses, so an attacker could sign up with the address of another person and receive their keys. */
const SELF_REGISTERED = 'email belongs to an account that was created by sign-up. Use --into-existing to give it the key.';

/** Returns whether a key counts against the limit of its owner: it is neither revoked nor expired. */
function counts(key: ImportedKey, now: Date): boolean {
  const { revokedAt, createdAt, expiresAt = null, enabled = true } = key;
  // The policy does not matter, because the lifetime of an imported key begins with the import.
  const status = statusOf({ revokedAt, createdAt, importedAt: now, expiresAt, enabled, replacedById: null }, null, now);
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

/** Returns the policy that applies to the owner of a key: the named one if the import creates the owner. A message if it cannot apply. */
function policyOf({ policy: name }: ImportedKey, owner: string, known: Known): PolicyRules | null | string {
  const current = known.policies.get(owner) ?? known.defaultPolicy;
  if (name === undefined) return current;
  const named = known.named.get(name);
  if (named === undefined) return 'policy is not the name of a policy';
  if (!known.owners.has(owner)) return named;
  return current?.name === name ? current : 'policy is not the policy of the existing user';
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
    const existing = existingOutcome(key, known.identities);
    if (existing) return existing;
    const owner = ownerKeyOf(key.owner);
    if (known.selfRegistered.has(owner)) return { kind: 'bad', reasons: [SELF_REGISTERED] };
    const policy = policyOf(key, owner, known);
    if (typeof policy === 'string') return { kind: 'bad', reasons: [policy] };
    if (counts(key, options.now)) {
      const reasons = policyReasons(key, policy, options.now);
      if (reasons.length > 0) return { kind: 'bad', reasons };
      const count = known.counts.get(owner) ?? 0;
      const reason = limitReason(count, policy, options.keysPerUserMax);
      if (reason !== null) return { kind: 'bad', reasons: [reason] };
      known.counts.set(owner, count + 1);
    }
    known.owners.add(owner);
    if (key.policy !== undefined && policy !== null) known.policies.set(owner, policy);
    for (const name of namesOf(key)) known.identities.set(name, identityOf(key));
    return { kind: 'imported' };
  });
}

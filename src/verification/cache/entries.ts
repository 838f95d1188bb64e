import { LRUCache } from 'lru-cache';
import type { Change, KeyRow } from './protocol.js';

/** All cached owners with one policy share this object, so that a change of the policy drops their keys in one step. */
interface Policy {
  readonly id: string;
  isCurrent: boolean;
  owners: number;
}

/** All cached keys of one owner share this object, so that a change of the owner drops them in one step. */
interface Owner {
  isCurrent: boolean;
  keys: number;
  readonly policy: Policy | null;
}

interface Entry<Value> {
  readonly keyId: string;
  readonly ownerId: string;
  readonly owner: Owner;
  readonly value: Value;
}

/** The cached keys by fingerprint. The least recently used entry is dropped first. Dropping an entry is always right. */
export class Entries<Value> {
  readonly #entriesMax: number;
  #entries: LRUCache<string, Entry<Value>>;
  #fingerprints = new Map<string, string>();
  #owners = new Map<string, Owner>();
  #policies = new Map<string, Policy>();

  /** @param entriesMax at least 1 */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
    this.#entries = this.#newEntries();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Returns whether the key is cached, without counting that as a use. */
  has(fingerprint: string): boolean {
    const entry = this.#entries.peek(fingerprint);
    return entry !== undefined && isCurrent(entry.owner);
  }

  get(fingerprint: string): Value | undefined {
    const entry = this.#entries.get(fingerprint);
    if (entry === undefined) return undefined;
    if (isCurrent(entry.owner)) return entry.value;
    this.#entries.delete(fingerprint);
    return undefined;
  }

  install(fingerprint: string, { id, ownerId, policyId }: KeyRow, value: Value): void {
    this.#entries.delete(fingerprint);
    this.dropKey(id);
    const owner = this.#ownerOf(ownerId, policyId);
    owner.keys += 1;
    this.#fingerprints.set(id, fingerprint);
    this.#entries.set(fingerprint, { keyId: id, ownerId, owner, value });
  }

  /** Drops every entry that the change affects. */
  drop({ keyId, ownerId, policyId }: Change): void {
    if (keyId !== null) this.dropKey(keyId);
    if (ownerId !== null) this.dropOwner(ownerId);
    if (policyId !== null) this.dropPolicy(policyId);
    // A change of what this version does not know may affect every key.
    if (keyId === null && ownerId === null && policyId === null) this.clear();
  }

  clear(): void {
    // New maps: to dispose 200,000 entries one by one would block the event loop.
    this.#entries = this.#newEntries();
    this.#fingerprints = new Map();
    this.#owners = new Map();
    this.#policies = new Map();
  }

  protected dropKey(keyId: string): void {
    const fingerprint = this.#fingerprints.get(keyId);
    if (fingerprint !== undefined) this.#entries.delete(fingerprint);
  }

  /** The entries of the owner remain until they are looked up or are the least recently used ones. */
  protected dropOwner(ownerId: string): void {
    const owner = this.#owners.get(ownerId);
    if (owner === undefined) return;
    owner.isCurrent = false;
    this.#removeOwner(ownerId, owner);
  }

  /** The entries of the owners with this policy remain as those of a dropped owner. */
  protected dropPolicy(policyId: string): void {
    const policy = this.#policies.get(policyId);
    if (policy === undefined) return;
    policy.isCurrent = false;
    this.#policies.delete(policyId);
  }

  #newEntries(): LRUCache<string, Entry<Value>> {
    return new LRUCache({ max: this.#entriesMax, dispose: (entry) => this.#unlink(entry) });
  }

  #ownerOf(ownerId: string, policyId: string | null): Owner {
    const known = this.#owners.get(ownerId);
    if (known !== undefined && isCurrent(known) && (known.policy?.id ?? null) === policyId) return known;
    // The policy of the owner changed, so the other entries of the owner are no longer valid.
    this.dropOwner(ownerId);
    const policy = policyId === null ? null : this.#policyOf(policyId);
    if (policy !== null) policy.owners += 1;
    const owner: Owner = { isCurrent: true, keys: 0, policy };
    this.#owners.set(ownerId, owner);
    return owner;
  }

  #policyOf(id: string): Policy {
    const policy = this.#policies.get(id) ?? { id, isCurrent: true, owners: 0 };
    this.#policies.set(id, policy);
    return policy;
  }

  #unlink({ keyId, ownerId, owner }: Entry<Value>): void {
    this.#fingerprints.delete(keyId);
    owner.keys -= 1;
    if (owner.keys === 0 && this.#owners.get(ownerId) === owner) this.#removeOwner(ownerId, owner);
  }

  #removeOwner(ownerId: string, { policy }: Owner): void {
    this.#owners.delete(ownerId);
    if (policy === null) return;
    policy.owners -= 1;
    if (policy.owners === 0 && this.#policies.get(policy.id) === policy) this.#policies.delete(policy.id);
  }
}

const isCurrent = ({ isCurrent: isOwnerCurrent, policy }: Owner): boolean => isOwnerCurrent && (policy === null || policy.isCurrent);

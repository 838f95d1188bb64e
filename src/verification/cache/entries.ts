import { LRUCache } from 'lru-cache';
import type { Change, KeyRow } from './protocol.js';

/** All cached keys of one owner share this object, so that a change of the owner drops them in one step. */
interface Owner {
  isCurrent: boolean;
  keys: number;
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
    return this.#entries.peek(fingerprint)?.owner.isCurrent === true;
  }

  get(fingerprint: string): Value | undefined {
    const entry = this.#entries.get(fingerprint);
    if (entry === undefined) return undefined;
    if (entry.owner.isCurrent) return entry.value;
    this.#entries.delete(fingerprint);
    return undefined;
  }

  install(fingerprint: string, { id, ownerId }: KeyRow, value: Value): void {
    this.#entries.delete(fingerprint);
    this.dropKey(id);
    const owner = this.#owners.get(ownerId) ?? { isCurrent: true, keys: 0 };
    owner.keys += 1;
    this.#owners.set(ownerId, owner);
    this.#fingerprints.set(id, fingerprint);
    this.#entries.set(fingerprint, { keyId: id, ownerId, owner, value });
  }

  /** Drops every entry that the change affects. */
  drop({ keyId, ownerId }: Change): void {
    if (keyId !== null) this.dropKey(keyId);
    if (ownerId !== null) this.dropOwner(ownerId);
    // A change of what this version does not know may affect every key.
    if (keyId === null && ownerId === null) this.clear();
  }

  clear(): void {
    // New maps: to dispose 200,000 entries one by one would block the event loop.
    this.#entries = this.#newEntries();
    this.#fingerprints = new Map();
    this.#owners = new Map();
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
    this.#owners.delete(ownerId);
  }

  #newEntries(): LRUCache<string, Entry<Value>> {
    return new LRUCache({ max: this.#entriesMax, dispose: (entry) => this.#unlink(entry) });
  }

  #unlink({ keyId, ownerId, owner }: Entry<Value>): void {
    this.#fingerprints.delete(keyId);
    owner.keys -= 1;
    if (owner.keys === 0 && this.#owners.get(ownerId) === owner) this.#owners.delete(ownerId);
  }
}

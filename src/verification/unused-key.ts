/** An imported key that was found by the digest of its import, because it was never used, as the lookup returns it in JSON. */
export interface FoundUnusedKey {
  /** SHA-256 of the presented text, in hex. */
  fingerprint: string;
  /** The digest by which it was found, in hex. */
  digest: string;
  id: string;
  ownerId: string;
  policyId: null;
  keyPrefix: string;
  hashedKey: string;
  displayPrefix: string | null;
  importFormId: number;
  /** The first use stores the fingerprint, and the key is read again by it. */
  isTransient: true;
}

/** An imported key before its first use. */
export class UnusedKey {
  readonly id: string;
  readonly keyPrefix: string;
  readonly hashedKey: string;
  readonly importFormId: number;
  readonly #displayPrefix: string | null;

  constructor({ id, keyPrefix, hashedKey, displayPrefix, importFormId }: FoundUnusedKey) {
    this.id = id;
    this.keyPrefix = keyPrefix;
    this.hashedKey = hashedKey;
    this.importFormId = importFormId;
    this.#displayPrefix = displayPrefix;
  }

  /** Whether the digest covers only the part by which the key is found, so that the secret has to be compared by bcrypt. */
  get needsComparison(): boolean {
    return this.hashedKey.startsWith('$2');
  }

  /** Whether its digest depends on a secret that is stored until all keys of the form were used. */
  get hasSecret(): boolean {
    return this.hashedKey.startsWith('hmac-');
  }

  /** Returns whether a presented text begins as the key did. A digest of a part of the key does not say so. */
  beginsAs(plaintextKey: string): boolean {
    return plaintextKey.startsWith(this.#displayPrefix ?? '');
  }
}

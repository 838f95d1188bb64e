import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { KeyRing } from './secrets.js';

const KEY_ID_BYTES = 8;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A hash of the derived key reveals nothing about it. A position in APP_SECRETS would change with each rotation. */
const idOf = (key: Buffer): Buffer => createHash('sha256').update('keyward key id v1').update(key).digest().subarray(0, KEY_ID_BYTES);

/**
 * Encrypts short secrets with AES-256-GCM: the id of the key, a random IV, the tag, and the ciphertext. The current key encrypts, and every
 * key of the ring decrypts.
 */
export class Sealing {
  readonly #keys: readonly { id: Buffer; key: Buffer }[];

  constructor(keys: KeyRing) {
    this.#keys = keys.map((key) => ({ id: idOf(key), key }));
  }

  /** Encrypts a secret. @param owner id of the row, without which the secret cannot be decrypted */
  seal(secret: Buffer, owner: string): Buffer<ArrayBuffer> {
    const [current] = this.#keys;
    if (!current) throw new TypeError('at least one key is required');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', current.key, iv).setAAD(Buffer.from(owner));
    const text = Buffer.concat([cipher.update(secret), cipher.final()]);
    return Buffer.concat([current.id, iv, cipher.getAuthTag(), text]);
  }

  /** Decrypts a secret. @returns null if no key of the ring encrypted it, or it belongs to another row */
  open(sealed: Uint8Array, owner: string): Buffer | null {
    const bytes = Buffer.from(sealed);
    const found = this.#keys.find(({ id }) => id.equals(bytes.subarray(0, KEY_ID_BYTES)));
    if (!found) return null;
    const [iv, tag] = [KEY_ID_BYTES, KEY_ID_BYTES + IV_BYTES];
    const text = tag + TAG_BYTES;
    try {
      const decipher = createDecipheriv('aes-256-gcm', found.key, bytes.subarray(iv, tag), { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(tag, text));
      return Buffer.concat([decipher.update(bytes.subarray(text)), decipher.final()]);
    } catch {
      return null;
    }
  }

  /** Returns whether the current key encrypted a secret. */
  isCurrent(sealed: Uint8Array): boolean {
    return this.#keys[0]?.id.equals(Buffer.from(sealed).subarray(0, KEY_ID_BYTES)) ?? false;
  }
}

import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import type { KeyRing } from './secrets.js';

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Returns the name by which a sealed secret refers to its key. It says nothing about the key. */
const nameOf = (key: Buffer): string => hash('sha256', key, 'hex').slice(0, 8);

/**
 * Encrypts secrets that the server has to read again, by AES-256-GCM. A sealed secret names its key, so that it can be opened as
 * long as the server secret from which the key was derived is in APP_SECRETS.
 */
export class SealedSecrets {
  readonly #keys: KeyRing;

  /** @param keys derived from the server secrets, newest first */
  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** Encrypts a secret with the current key. */
  seal(secret: Buffer): string {
    const [key] = this.#keys;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    const encrypted = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${nameOf(key)}.${encrypted.toString('base64url')}`;
  }

  /** Decrypts a secret. @returns null if its key is not in APP_SECRETS any more, or if the text was changed */
  open(sealed: string): Buffer | null {
    const [version, name, text = ''] = sealed.split('.');
    const key = this.#keys.find((candidate) => nameOf(candidate) === name);
    const encrypted = Buffer.from(text, 'base64url');
    if (version !== VERSION || key === undefined || encrypted.length < NONCE_BYTES + TAG_BYTES) return null;
    const decipher = createDecipheriv('aes-256-gcm', key, encrypted.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(encrypted.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(encrypted.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch {
      return null;
    }
  }

  /** Returns whether a sealed secret is encrypted with the current key. */
  isCurrent(sealed: string): boolean {
    return sealed.startsWith(`${VERSION}.${nameOf(this.#keys[0])}.`);
  }
}

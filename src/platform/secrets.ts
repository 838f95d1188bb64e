import { hkdfSync } from 'node:crypto';

const SECRET_BYTES_MIN = 32;

/** Returns what is wrong with a server secret as it is written in APP_SECRETS or secrets.json. Null if it is valid. */
export function secretFault(text: string): string | null {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return 'is not base64';
  const secret = Buffer.from(text, 'base64');
  if (secret.length < SECRET_BYTES_MIN) return `is shorter than ${SECRET_BYTES_MIN} bytes`;
  // RFC 7518 §3.2 requires 32 bytes. A repeated byte has this length, but is easy to guess.
  if (secret.every((byte) => byte === secret[0])) return 'consists of one repeated byte';
  return null;
}

/** Purpose of a derived key. A signature that was created for one purpose is invalid for every other one. */
export type SecretPurpose = 'access-token' | 'refresh-token' | 'portal-session' | 'cursor' | 'import-secrets' | 'webhook-secrets';

/** The keys of one purpose. The first one signs, and all of them verify. */
export type KeyRing = readonly [Buffer, ...Buffer[]];

/**
 * Derives keys from the server secrets (APP_SECRETS, newest first) by HKDF-SHA-256 (RFC 5869), with the purpose as info. The
 * secrets themselves are never used as keys.
 */
export class AppSecrets {
  readonly #secrets: readonly [Buffer, ...Buffer[]];

  constructor(secrets: readonly Buffer[]) {
    const [current, ...older] = secrets;
    if (!current) throw new TypeError('at least one secret is required');
    this.#secrets = [current, ...older];
  }

  /** Returns one key of 32 bytes for each secret, in the same order. */
  keysFor(purpose: SecretPurpose): KeyRing {
    const derive = (secret: Buffer) => Buffer.from(hkdfSync('sha256', secret, '', `keyward ${purpose} v1`, 32));
    const [current, ...older] = this.#secrets;
    return [derive(current), ...older.map(derive)];
  }
}

import { hkdfSync } from 'node:crypto';

const SECRET_BYTES_MIN = 32;

/**
 * @param text one server secret as it is written in a setting or a file
 * @returns what keeps it from being one, or null when nothing does
 */
export function secretFault(text: string): string | null {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return 'is not base64';
  const secret = Buffer.from(text, 'base64');
  if (secret.length < SECRET_BYTES_MIN) return `is shorter than ${SECRET_BYTES_MIN} bytes`;
  // RFC 7518 §3.2 asks for the length. A secret of one repeated byte has it and is none.
  if (secret.every((byte) => byte === secret[0])) return 'consists of one repeated byte';
  return null;
}

/** Each use of the server secret has a label of its own, so that what is made for one can't serve another. */
export type SecretPurpose = 'access-token' | 'refresh-token' | 'cursor';

/** The keys of one purpose: the first signs, every one verifies. */
export type KeyRing = readonly [Buffer, ...Buffer[]];

/**
 * The server secrets (APP_SECRETS), newest first. They are never used as they are: each purpose gets keys derived by
 * HKDF-SHA-256 (RFC 5869) with its label as info.
 */
export class AppSecrets {
  readonly #secrets: readonly [Buffer, ...Buffer[]];

  constructor(secrets: readonly Buffer[]) {
    const [current, ...older] = secrets;
    if (!current) throw new TypeError('at least one secret is needed');
    this.#secrets = [current, ...older];
  }

  /** @returns one 32-byte key for each secret, in the same order */
  keysFor(purpose: SecretPurpose): KeyRing {
    const derive = (secret: Buffer) => Buffer.from(hkdfSync('sha256', secret, '', `keyward ${purpose} v1`, 32));
    const [current, ...older] = this.#secrets;
    return [derive(current), ...older.map(derive)];
  }
}

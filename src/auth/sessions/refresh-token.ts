import { createHmac, timingSafeEqual } from 'node:crypto';
import { parse, stringify } from 'uuid';
import type { KeyRing } from '../../platform/secrets.js';

const UUID_BYTES = 16;
const GENERATION_BYTES = 4;
const CONTENT_BYTES = UUID_BYTES + GENERATION_BYTES;
const MAC_BYTES = 32;

/** Content of a refresh token with a valid MAC. */
export interface RefreshTokenContent {
  sessionId: string;
  generation: number;
}

/**
 * Refresh tokens: the id of a session, its generation and an HMAC-SHA-256 over both, as base64url. Tokens are not stored.
 * The row of the session holds the number of the current generation.
 */
export class RefreshTokens {
  readonly #keys: KeyRing;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  issue({ sessionId, generation }: RefreshTokenContent): string {
    const content = Buffer.alloc(CONTENT_BYTES);
    content.set(parse(sessionId));
    content.writeUInt32BE(generation, UUID_BYTES);
    return Buffer.concat([content, this.#mac(this.#keys[0], content)]).toString('base64url');
  }

  /** Returns the content of a token; null if Keyward did not issue it. */
  read(token: string): RefreshTokenContent | null {
    const bytes = Buffer.from(token, 'base64url');
    // The decoder ignores characters outside base64url, so only the canonical spelling is accepted.
    if (bytes.length !== CONTENT_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) return null;
    const content = bytes.subarray(0, CONTENT_BYTES);
    const mac = bytes.subarray(CONTENT_BYTES);
    if (!this.#keys.some((key) => timingSafeEqual(this.#mac(key, content), mac))) return null;
    return { sessionId: stringify(content.subarray(0, UUID_BYTES)), generation: content.readUInt32BE(UUID_BYTES) };
  }

  #mac(key: Buffer, content: Buffer): Buffer {
    return createHmac('sha256', key).update(content).digest();
  }
}

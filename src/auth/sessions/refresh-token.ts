import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from '../../platform/secrets.js';
import { bytesToUuid, UUID_BYTES, uuidToBytes } from '../../platform/uuid.js';

const GENERATION_BYTES = 4;
const CONTENT_BYTES = UUID_BYTES + GENERATION_BYTES;
const MAC_BYTES = 32;

/** What a refresh token says, once its MAC has shown that we made it. */
export interface RefreshTokenContent {
  sessionId: string;
  generation: number;
}

/**
 * Refresh tokens: a session's id, its generation and an HMAC-SHA-256 over both, as base64url. Nothing of them is stored;
 * which generation is the current one is a number in the session's row.
 */
export class RefreshTokens {
  readonly #keys: KeyRing;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  issue({ sessionId, generation }: RefreshTokenContent): string {
    const content = Buffer.alloc(CONTENT_BYTES);
    uuidToBytes(sessionId).copy(content);
    content.writeUInt32BE(generation, UUID_BYTES);
    return Buffer.concat([content, this.#mac(this.#keys[0], content)]).toString('base64url');
  }

  /** @returns null for anything that we didn't make */
  read(token: string): RefreshTokenContent | null {
    const bytes = Buffer.from(token, 'base64url');
    // The decoder skips what isn't base64url; only the one spelling that we issue may pass.
    if (bytes.length !== CONTENT_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) return null;
    const content = bytes.subarray(0, CONTENT_BYTES);
    const mac = bytes.subarray(CONTENT_BYTES);
    if (!this.#keys.some((key) => timingSafeEqual(this.#mac(key, content), mac))) return null;
    return { sessionId: bytesToUuid(content.subarray(0, UUID_BYTES)), generation: content.readUInt32BE(UUID_BYTES) };
  }

  #mac(key: Buffer, content: Buffer): Buffer {
    return createHmac('sha256', key).update(content).digest();
  }
}

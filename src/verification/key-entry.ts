import { type RateLimit, rateLimitOf } from '../api-keys/api-key-settings.js';
import type { UsageRow } from '../usage/usage-recorder.js';
import { VerificationCode } from '../usage/verification-code.js';
import { messageOf } from './verification-message.js';

/** A key and its owner, as the lookup returns them in JSON. Times are ISO 8601. */
export interface FoundKey {
  /** SHA-256 of the plaintext key, in hex. */
  fingerprint: string;
  id: string;
  ownerId: string;
  ownerExternalId: string | null;
  ownerDisabledAt: string | null;
  /** ID under which the rate limit is counted. It is the same for all keys of a chain of rotations. */
  rateLimitId: string;
  name: string | null;
  scopes: string[];
  allowedCidrs: string[];
  rateLimit: number | null;
  rateLimitWindowSeconds: number | null;
  metadata: Record<string, unknown>;
  trustedMetadata: Record<string, unknown>;
  ownerMetadata: Record<string, unknown>;
  enabled: boolean;
  expiresAt: string | null;
  revokedAt: string | null;
}

/** The owner of keys. All cached keys of one owner share the object. */
export interface KeyOwner {
  readonly id: string;
  readonly externalId: string | null;
  readonly isDisabled: boolean;
}

/**
 * What a process knows about a key, in the form in which verification needs it. It takes about 430 bytes, so that 200,000 of
 * them fit into memory: texts and lists that are equal for many keys are shared, and the answer is one string.
 */
export interface KeyEntry {
  readonly id: string;
  readonly owner: KeyOwner;
  readonly rateLimitId: string;
  readonly rateLimit: RateLimit | null;
  readonly scopes: readonly string[];
  readonly allowedCidrs: readonly string[];
  readonly isEnabled: boolean;
  readonly isRevoked: boolean;
  /** Milliseconds since the epoch. Infinity if the key does not expire. */
  readonly expiresAtMs: number;
  /** The answer to a verification that succeeds, as JSON. Its rate limit is null. */
  readonly answer: string;
  /** Row in which the usage of the key was counted last. */
  usageRow: UsageRow | null;
}

const NONE: readonly string[] = [];

const listOf = (items: readonly string[]): readonly string[] => (items.length === 0 ? NONE : items);

/** Creates the entry of a key. */
export function entryOf(key: FoundKey, owner: KeyOwner = ownerOf(key)): KeyEntry {
  // The fields of VerificationAnswer.
  const answer = {
    valid: true,
    code: VerificationCode.VALID,
    message: messageOf(VerificationCode.VALID),
    keyId: key.id,
    ownerId: key.ownerId,
    ownerExternalId: key.ownerExternalId,
    name: key.name,
    scopes: key.scopes,
    metadata: key.metadata,
    trustedMetadata: key.trustedMetadata,
    ownerMetadata: key.ownerMetadata,
    expiresAt: key.expiresAt === null ? null : new Date(key.expiresAt),
    rateLimit: null,
  };
  return {
    id: key.id,
    owner,
    rateLimitId: key.rateLimitId === key.id ? key.id : key.rateLimitId,
    rateLimit: rateLimitOf(key),
    scopes: listOf(key.scopes),
    allowedCidrs: listOf(key.allowedCidrs),
    isEnabled: key.enabled,
    isRevoked: key.revokedAt !== null,
    expiresAtMs: key.expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(key.expiresAt),
    answer: JSON.stringify(answer),
    usageRow: null,
  };
}

/** Returns the owner of a key. */
const ownerOf = (key: FoundKey): KeyOwner => ({
  id: key.ownerId,
  externalId: key.ownerExternalId,
  isDisabled: key.ownerDisabledAt !== null,
});

import { type RateLimit, rateLimitOf } from '../api-keys/api-key-settings.js';
import type { UsageHolder } from '../usage/usage-recorder.js';

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
  enabled: boolean;
  expiresAt: string | null;
  revokedAt: string | null;
}

/**
 * What a process knows about a key, in the form in which verification needs it. Memory holds up to VERIFICATION_CACHE_KEYS of them,
 * so nothing is in it twice: empty lists are shared, and the IDs are not part of the answer.
 */
export interface KeyEntry extends UsageHolder {
  readonly id: string;
  readonly ownerId: string;
  readonly ownerExternalId: string | null;
  readonly isOwnerDisabled: boolean;
  readonly rateLimitId: string;
  readonly rateLimit: RateLimit | null;
  readonly scopes: readonly string[];
  readonly allowedCidrs: readonly string[];
  readonly isEnabled: boolean;
  readonly isRevoked: boolean;
  /** Milliseconds since the epoch. Infinity if the key does not expire. */
  readonly expiresAtMs: number;
  /** The fields of the answer that are not in this object, as JSON without braces. */
  readonly answer: string;
}

const NONE: readonly string[] = [];

const listOf = (items: readonly string[]): readonly string[] => (items.length === 0 ? NONE : items);

/** Creates the entry of a key. */
export function entryOf(key: FoundKey): KeyEntry {
  const { name, scopes, metadata } = key;
  const expiresAt = key.expiresAt === null ? null : new Date(key.expiresAt);
  return {
    id: key.id,
    ownerId: key.ownerId,
    ownerExternalId: key.ownerExternalId,
    isOwnerDisabled: key.ownerDisabledAt !== null,
    rateLimitId: key.rateLimitId === key.id ? key.id : key.rateLimitId,
    rateLimit: rateLimitOf(key),
    scopes: listOf(scopes),
    allowedCidrs: listOf(key.allowedCidrs),
    isEnabled: key.enabled,
    isRevoked: key.revokedAt !== null,
    expiresAtMs: expiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
    answer: JSON.stringify({ name, scopes, metadata, expiresAt }).slice(1, -1),
    usageRow: null,
  };
}

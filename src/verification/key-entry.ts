import { type RateLimit, rateLimitOf } from '../policies/limit-settings.js';
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
  trustedMetadata: Record<string, unknown>;
  ownerMetadata: Record<string, unknown>;
  enabled: boolean;
  expiresAt: string | null;
  revokedAt: string | null;
}

/**
 * What a process knows about a key, in the form in which verification needs it. Memory holds up to VERIFICATION_CACHE_KEYS of them,
 * so what is equal for many keys is shared, and the answer is composed for each verification.
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
  readonly name: string | null;
  /** The three kinds of metadata, as JSON. Keys without any share it. */
  readonly metadataJson: string;
}

const NONE: readonly string[] = [];

const listOf = (items: readonly string[]): readonly string[] => (items.length === 0 ? NONE : items);

const NO_METADATA = JSON.stringify({ metadata: {}, trustedMetadata: {}, ownerMetadata: {} });

function metadataJsonOf({ metadata, trustedMetadata, ownerMetadata }: FoundKey): string {
  const json = JSON.stringify({ metadata, trustedMetadata, ownerMetadata });
  return json === NO_METADATA ? NO_METADATA : json;
}

/** Creates the entry of a key. */
export const entryOf = (key: FoundKey): KeyEntry => ({
  id: key.id,
  ownerId: key.ownerId,
  ownerExternalId: key.ownerExternalId,
  isOwnerDisabled: key.ownerDisabledAt !== null,
  rateLimitId: key.rateLimitId === key.id ? key.id : key.rateLimitId,
  rateLimit: rateLimitOf(key),
  name: key.name,
  scopes: listOf(key.scopes),
  allowedCidrs: listOf(key.allowedCidrs),
  metadataJson: metadataJsonOf(key),
  isEnabled: key.enabled,
  isRevoked: key.revokedAt !== null,
  expiresAtMs: key.expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(key.expiresAt),
  usageRow: null,
});

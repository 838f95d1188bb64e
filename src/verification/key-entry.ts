import { storedTime } from '../platform/timestamp.js';
import { effectiveExpiry, effectiveScopes } from '../policies/effective-limits.js';
import { type RateLimit, rateLimitOf } from '../policies/limit-settings.js';
import type { PolicyColumns } from '../policies/policy-rules.js';
import type { UsageHolder } from '../usage/usage-recorder.js';
import type { PolicyEntry } from './policy-entry.js';

/** A key, its owner and the policy that applies, as the lookup returns them in JSON. Times are ISO 8601. */
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
  createdAt: string;
  importedAt: string | null;
  expiresAt: string | null;
  revokedAt: string | null;
  policyId: string | null;
  policy: PolicyColumns | null;
}

/** Limits of a key itself, before a policy narrowed them. */
interface OwnLimits {
  readonly scopes: readonly string[];
  readonly expiresAtMs: number;
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
  /** The granted scopes that the policy permits. */
  readonly scopes: readonly string[];
  /** The key's own. The policy has ranges of its own. */
  readonly allowedCidrs: readonly string[];
  readonly isEnabled: boolean;
  readonly isRevoked: boolean;
  /** The earlier of the key's own expiry and the end of the permitted lifetime, in ms since the epoch. Infinity if the key does not expire. */
  readonly expiresAtMs: number;
  /** The policy that applies to the owner. Null if there is no policy. */
  readonly policy: PolicyEntry | null;
  /** Null if the policy narrows neither the scopes nor the expiry. */
  readonly own: OwnLimits | null;
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

const timeOf = (time: string | null): Date | null => (time === null ? null : storedTime(time));

const msOf = (time: Date | null): number => time?.getTime() ?? Number.POSITIVE_INFINITY;

/** Returns what a policy changes, computed once, so that it costs a verification nothing. */
function limitsOf(key: FoundKey, policy: PolicyEntry | null): Pick<KeyEntry, 'scopes' | 'expiresAtMs' | 'own'> {
  const expiresAtMs = msOf(timeOf(key.expiresAt));
  if (policy === null || (policy.scopes === null && policy.keyLifetimeDaysMax === null)) {
    return { scopes: listOf(key.scopes), expiresAtMs, own: null };
  }
  const scopes = effectiveScopes(key.scopes, policy);
  const [createdAt, importedAt, expiresAt] = [storedTime(key.createdAt), timeOf(key.importedAt), timeOf(key.expiresAt)];
  const effectiveMs = msOf(effectiveExpiry({ createdAt, importedAt, expiresAt }, policy));
  const isNarrower = effectiveMs !== expiresAtMs || scopes.join() !== key.scopes.join();
  return { scopes: listOf(scopes), expiresAtMs: effectiveMs, own: isNarrower ? { scopes: listOf(key.scopes), expiresAtMs } : null };
}

/** Creates the entry of a key. @param policy of its owner */
export const entryOf = (key: FoundKey, policy: PolicyEntry | null): KeyEntry => ({
  id: key.id,
  ownerId: key.ownerId,
  ownerExternalId: key.ownerExternalId,
  isOwnerDisabled: key.ownerDisabledAt !== null,
  rateLimitId: key.rateLimitId === key.id ? key.id : key.rateLimitId,
  rateLimit: rateLimitOf(key),
  name: key.name,
  allowedCidrs: listOf(key.allowedCidrs),
  metadataJson: metadataJsonOf(key),
  isEnabled: key.enabled,
  isRevoked: key.revokedAt !== null,
  ...limitsOf(key, policy),
  policy,
  usageRow: null,
});

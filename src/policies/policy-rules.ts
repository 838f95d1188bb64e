import type { Policy as PolicyRow } from '../platform/database/generated/client.js';
import { type RateLimit, rateLimitOf } from './limit-settings.js';

/** Name of the policy that applies to users without a policy of their own. */
export const DEFAULT_POLICY_NAME = 'default';

/** The ceilings of a policy. */
export interface PolicyRules {
  readonly id: string;
  readonly name: string;
  /** Scopes and patterns that keys may have. Null if every scope is permitted. */
  readonly scopes: readonly string[] | null;
  /** Maximum number of usable keys of a user. Null if MAX_KEYS_PER_USER applies. */
  readonly keysMax: number | null;
  /** One rate limit for all keys of the owner together. Null if their number is not limited. */
  readonly ownerRateLimit: RateLimit | null;
  /** Maximum lifetime of a key in days. Null if every lifetime is permitted. */
  readonly keyLifetimeDaysMax: number | null;
  /** Whether every new key needs an expiry. */
  readonly expiryRequired: boolean;
  /** Addresses and CIDR ranges from which keys may be used. Empty if every address is permitted. */
  readonly allowedCidrs: readonly string[];
}

/** Columns of a policy that hold its ceilings. */
export type PolicyColumns = Omit<PolicyRow, 'description' | 'createdAt'>;

/** Returns the ceilings of a row. */
export const rulesOf = (row: PolicyColumns): PolicyRules => ({
  id: row.id,
  name: row.name,
  scopes: row.limitsScopes ? row.scopes : null,
  keysMax: row.keysMax,
  ownerRateLimit: rateLimitOf({ rateLimit: row.ownerRateLimit, rateLimitWindowSeconds: row.ownerRateLimitWindowSeconds }),
  keyLifetimeDaysMax: row.keyLifetimeDaysMax,
  expiryRequired: row.expiryRequired,
  allowedCidrs: row.allowedCidrs,
});

import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import type { ApiKey } from '../platform/database/generated/client.js';
import { effectiveExpiry, effectiveScopes } from '../policies/effective-limits.js';
import type { RateLimit } from '../policies/limit-settings.js';
import { findPolicyOf } from '../policies/policy-finder.js';
import type { PolicyRules } from '../policies/policy-rules.js';
import { grantableScopes } from '../policies/scopes.js';
import { countUsed, keysMaxOf } from './key-limit.js';

/** The limits by which a key is verified. */
export interface EffectiveKeyLimits {
  scopes: readonly string[];
  expiresAt: Date | null;
  ownerRateLimit: RateLimit | null;
}

/** The limits of the keys of a user. */
export interface UserKeyLimits {
  /** Null if every scope can be granted. */
  scopes: readonly string[] | null;
  keysMax: number;
  keysUsed: number;
  ownerRateLimit: RateLimit | null;
  keyLifetimeDaysMax: number | null;
  expiryRequired: boolean;
  allowedCidrs: readonly string[];
  expiryWarningDays: number;
}

/** Returns the limits by which verification judges a key. @param policy that applies to its owner */
export const effectiveLimitsOf = (key: ApiKey, policy: PolicyRules | null): EffectiveKeyLimits => ({
  scopes: effectiveScopes(key.scopes, policy),
  expiresAt: effectiveExpiry(key, policy),
  ownerRateLimit: policy?.ownerRateLimit ?? null,
});

interface Dependencies {
  database: Database;
  clock: Clock;
  keysPerUserMax: number;
  /** The scopes that can be granted. Empty if every scope can be granted. */
  scopeCatalogue: readonly string[];
  expiryWarningDays: number;
}

/** Reads the limits of the keys of a user. */
export class KeyPolicies {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Returns the limits that apply to the user now. The user may not exist yet. */
  async limitsOf(userId: string): Promise<UserKeyLimits> {
    const { database, clock, keysPerUserMax, scopeCatalogue, expiryWarningDays } = this.#deps;
    const policy = await findPolicyOf(database, userId);
    return {
      scopes: grantableScopes(scopeCatalogue, policy?.scopes ?? null),
      keysMax: keysMaxOf(policy, keysPerUserMax),
      keysUsed: await countUsed(database, userId, policy, clock.now()),
      ownerRateLimit: policy?.ownerRateLimit ?? null,
      keyLifetimeDaysMax: policy?.keyLifetimeDaysMax ?? null,
      expiryRequired: policy?.expiryRequired ?? false,
      allowedCidrs: policy?.allowedCidrs ?? [],
      expiryWarningDays,
    };
  }
}

import { type Report, refuseFaults } from '../platform/errors/keyward-error.js';
import { shortTextFault } from '../platform/text.js';
import { canonicalCidrs, type RateLimit, reportCidrFaults, reportListFaults, reportRateLimitFaults } from './limit-settings.js';
import type { PolicyColumns } from './policy-rules.js';
import { grantedScopeFault, SCOPES_MAX } from './scopes.js';

const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const DESCRIPTION_CHARACTERS_MAX = 500;
const KEYS_MAX = 1_000;
const LIFETIME_DAYS_MAX = 3_650;

/** Settings of a policy. Absent settings are unchanged, or have no effect in a new policy; null clears a setting. */
export interface PolicySettings {
  name?: string | null;
  description?: string | null;
  /** Null permits every scope. */
  scopes?: readonly string[] | null;
  keysMax?: number | null;
  ownerRateLimit?: RateLimit | null;
  keyLifetimeDaysMax?: number | null;
  expiryRequired?: boolean | null;
  /** An empty list permits every address, like null. */
  allowedCidrs?: readonly string[] | null;
}

/** The settings as columns of the table, without the name. */
export type PolicyColumnChange = Partial<Omit<PolicyColumns, 'id' | 'name'> & { description: string | null }>;

/** Returns whether a text can be the name of a policy. */
export const isPolicyName = (text: string): boolean => NAME.test(text);

/** Returns the rule that the name of a new policy breaks; null if it is valid. */
export function policyNameFault(name: string | null | undefined): string | null {
  if (name === null || name === undefined) return 'is required';
  return isPolicyName(name) ? null : 'must be 1 to 64 lower-case letters, digits and hyphens, and begin with a letter';
}

const numberFault = (value: number, min: number, max: number): string | null =>
  Number.isInteger(value) && value >= min && value <= max ? null : `must be from ${min} to ${max}`;

/** Reports the rules that settings break, without the name. */
function reportFaults(settings: PolicySettings, scopeCatalogue: readonly string[], report: Report): void {
  const { description, scopes, keysMax, ownerRateLimit, keyLifetimeDaysMax, expiryRequired, allowedCidrs } = settings;
  if (typeof description === 'string') report('description', shortTextFault(description, DESCRIPTION_CHARACTERS_MAX));
  if (scopes)
    reportListFaults('scopes', scopes, { itemsMax: SCOPES_MAX, faultOf: (scope) => grantedScopeFault(scope, scopeCatalogue) }, report);
  if (typeof keysMax === 'number') report('keysMax', numberFault(keysMax, 0, KEYS_MAX));
  if (ownerRateLimit) reportRateLimitFaults('ownerRateLimit', ownerRateLimit, report);
  if (typeof keyLifetimeDaysMax === 'number') report('keyLifetimeDaysMax', numberFault(keyLifetimeDaysMax, 1, LIFETIME_DAYS_MAX));
  if (expiryRequired === null) report('expiryRequired', 'must not be null');
  if (allowedCidrs) reportCidrFaults('allowedCidrs', allowedCidrs, report);
}

/** Rejects settings that break a rule. @param nameFault the rule that the name breaks; null if it is valid @throws {KeywardError} BAD_USER_INPUT with every broken rule */
export function refusePolicyFaults(settings: PolicySettings, scopeCatalogue: readonly string[], nameFault: string | null): void {
  refuseFaults('input.', (report) => {
    report('name', nameFault);
    reportFaults(settings, scopeCatalogue, report);
  });
}

/** Returns the columns that checked settings change. */
export function policyColumnsOf(settings: PolicySettings): PolicyColumnChange {
  const { description, scopes, keysMax, ownerRateLimit, keyLifetimeDaysMax, expiryRequired, allowedCidrs } = settings;
  return {
    ...(description !== undefined && { description }),
    ...(scopes !== undefined && { limitsScopes: scopes !== null, scopes: [...new Set(scopes ?? [])] }),
    ...(keysMax !== undefined && { keysMax }),
    ...(ownerRateLimit !== undefined && {
      ownerRateLimit: ownerRateLimit?.limit ?? null,
      ownerRateLimitWindowSeconds: ownerRateLimit?.windowSeconds ?? null,
    }),
    ...(keyLifetimeDaysMax !== undefined && { keyLifetimeDaysMax }),
    ...(typeof expiryRequired === 'boolean' && { expiryRequired }),
    ...(allowedCidrs !== undefined && { allowedCidrs: canonicalCidrs(allowedCidrs ?? []) }),
  };
}

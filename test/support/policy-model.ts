import type { OwnLimits } from '../../src/policies/effective-limits.js';
import type { Ceilings } from './policies.js';

/** A key as its owner set it. Times are in milliseconds. */
export interface ModelKey extends OwnLimits {
  createdAtMs: number;
  expiresAtMs: number | null;
}

/** A use of a key. */
export interface ModelUse {
  scopes: readonly string[];
  ipAddress: string;
  atMs: number;
}

const DAY_MS = 86_400_000;

/** Whether a scope or pattern covers another one. */
const covers = (wide: string, narrow: string): boolean =>
  wide === narrow || (wide.endsWith(':*') && narrow.startsWith(wide.slice(0, -1)) && narrow.length >= wide.length);

const grants = (list: readonly string[], scope: string): boolean => list.some((each) => covers(each, scope));

/** The ranges of the model are /8 networks of IPv4. */
const isIn = (ranges: readonly string[], address: string): boolean =>
  ranges.length === 0 || ranges.some((range) => range.split('.')[0] === address.split('.')[0]);

/**
 * What a policy means, as one model without a database. It says when a use of a key is valid without computing narrowed lists, so that
 * it shares no rule with the code under test. `loses` compares two policies by it.
 */
export const policyModel = {
  /** Returns the time from which the key is rejected. */
  endMs({ createdAtMs, expiresAtMs }: ModelKey, { keyLifetimeDaysMax = null }: Ceilings): number {
    const lifetimeEnd = keyLifetimeDaysMax === null ? Number.POSITIVE_INFINITY : createdAtMs + keyLifetimeDaysMax * DAY_MS;
    return Math.min(expiresAtMs ?? Number.POSITIVE_INFINITY, lifetimeEnd);
  },

  /** Returns the code of a verification. */
  verify(key: ModelKey, policy: Ceilings, { scopes, ipAddress, atMs }: ModelUse): string {
    if (atMs >= policyModel.endMs(key, policy)) return 'EXPIRED';
    if (!policyModel.permitsAddress(key, policy, ipAddress)) return 'IP_NOT_ALLOWED';
    return scopes.every((scope) => policyModel.permitsScope(key, policy, scope)) ? 'VALID' : 'INSUFFICIENT_SCOPE';
  },

  permitsAddress: (key: ModelKey, policy: Ceilings, ipAddress: ModelUse['ipAddress']): boolean =>
    isIn(key.allowedCidrs, ipAddress) && isIn(policy.allowedCidrs ?? [], ipAddress),

  permitsScope: (key: ModelKey, policy: Ceilings, scope: string): boolean =>
    grants(key.scopes, scope) && (!policy.scopes || grants(policy.scopes, scope)),

  /** Returns the scopes that the key has under a policy, without order. */
  effectiveScopes({ scopes }: ModelKey, { scopes: permitted }: Ceilings): ReadonlySet<string> {
    if (!permitted) return new Set(scopes);
    return new Set([...scopes.filter((scope) => grants(permitted, scope)), ...permitted.filter((scope) => grants(scopes, scope))]);
  },

  /** Returns the paths at which the creation of the key is rejected. None if the key is created. */
  creationFaults({ scopes, createdAtMs, expiresAtMs }: ModelKey, policy: Ceilings): string[] {
    const { scopes: permitted, keyLifetimeDaysMax = null, expiryRequired = false } = policy;
    const paths = scopes.flatMap((scope, index) => (permitted && !grants(permitted, scope) ? [`input.scopes.${index}`] : []));
    const isTooLate = expiresAtMs !== null && keyLifetimeDaysMax !== null && expiresAtMs > createdAtMs + keyLifetimeDaysMax * DAY_MS;
    return isTooLate || (expiryRequired && expiresAtMs === null) ? [...paths, 'input.expiresAt'] : paths;
  },

  /**
   * Returns whether the key loses a scope, an address or lifetime when one policy replaces another: what a dry run counts. A key that no
   * address could use loses its scopes too.
   *
   * @param uses the scopes and addresses to compare
   */
  loses(key: ModelKey, before: Ceilings, after: Ceilings, uses: readonly ModelUse[]): boolean {
    const isLost = ({ scopes, ipAddress }: ModelUse) =>
      (policyModel.permitsAddress(key, before, ipAddress) && !policyModel.permitsAddress(key, after, ipAddress)) ||
      scopes.some((scope) => policyModel.permitsScope(key, before, scope) && !policyModel.permitsScope(key, after, scope));
    return policyModel.endMs(key, after) < policyModel.endMs(key, before) || uses.some(isLost);
  },
};

import type { Report } from '../platform/errors/keyward-error.js';
import { canonicalRange, isAddressOrRange } from '../platform/ip/address-ranges.js';
import type { Budget } from '../platform/rate-limit/window-counter.js';

const CIDRS_MAX = 50;
const RATE_LIMIT_MAX = 1_000_000;
const RATE_LIMIT_WINDOW_SECONDS_MAX = 86_400;

/** A rate limit of a key, or of all keys of an owner: `limit` verifications in each window. */
export type RateLimit = Budget;

/** Reports a list that is too long, or else each item that breaks a rule. */
export function reportListFaults(
  name: string,
  items: readonly string[],
  options: { itemsMax: number; faultOf: (item: string) => string | null },
  report: Report,
): void {
  if (items.length > options.itemsMax) report(name, `must have at most ${options.itemsMax} items`);
  else for (const [index, item] of items.entries()) report(`${name}.${index}`, options.faultOf(item));
}

const cidrFault = (range: string): string | null => (isAddressOrRange(range) ? null : 'must be an IP address or a CIDR range');

/** Reports the errors of a list of addresses and CIDR ranges. */
export const reportCidrFaults = (name: string, ranges: readonly string[], report: Report): void =>
  reportListFaults(name, ranges, { itemsMax: CIDRS_MAX, faultOf: cidrFault }, report);

/** Returns checked addresses and CIDR ranges in their canonical spelling, each once. */
export const canonicalCidrs = (ranges: readonly string[]): string[] => [...new Set(ranges.map((range) => canonicalRange(range) ?? range))];

/** Returns the rule that a number from 1 to `max` breaks; null if it breaks none. */
const countFault = (count: number, max: number): string | null =>
  Number.isInteger(count) && count >= 1 && count <= max ? null : `must be from 1 to ${max}`;

/** Reports the errors of a rate limit. */
export function reportRateLimitFaults(name: string, { limit, windowSeconds }: RateLimit, report: Report): void {
  report(`${name}.limit`, countFault(limit, RATE_LIMIT_MAX));
  report(`${name}.windowSeconds`, countFault(windowSeconds, RATE_LIMIT_WINDOW_SECONDS_MAX));
}

/** Returns the rate limit in two columns; null if there is no rate limit. */
export const rateLimitOf = (row: { rateLimit: number | null; rateLimitWindowSeconds: number | null }): RateLimit | null =>
  row.rateLimit === null || row.rateLimitWindowSeconds === null
    ? null
    : { limit: row.rateLimit, windowSeconds: row.rateLimitWindowSeconds };

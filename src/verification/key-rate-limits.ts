import type { Budgets, KeyedBudget, Spending } from '../platform/rate-limit/window-counter.js';
import type { RateLimit } from '../policies/limit-settings.js';
import type { KeyEntry } from './key-entry.js';
import type { RateLimitState } from './verification.js';

/** Result of an attempt to consume the rate limits of a key. */
export interface Consumption {
  allowed: boolean;
  /** The exceeded rate limit, or else the rate limit that leaves less. */
  state: RateLimitState;
}

type Limited = KeyedBudget & { of: RateLimitState['of'] };

const keyLimit = ({ rateLimitId }: KeyEntry, budget: RateLimit): Limited => ({ key: rateLimitId, budget, of: 'key' });

/** All keys of an owner are counted under the owner's ID. */
const ownerLimit = ({ ownerId }: KeyEntry, budget: RateLimit): Limited => ({ key: `owner:${ownerId}`, budget, of: 'owner' });

const stateOf = ({ of, budget }: Limited, { remaining, resetsAt, resetsInSeconds }: Spending): RateLimitState => ({
  limit: budget.limit,
  windowSeconds: budget.windowSeconds,
  of,
  remaining,
  resetsAt,
  resetsInSeconds,
});

/** Returns the result of an attempt with one rate limit, which most keys have. */
function consumeOne(budgets: Budgets, limited: Limited, dryRun: boolean): Consumption | Promise<Consumption> {
  const { key, budget } = limited;
  const spending = dryRun ? budgets.peek(key, budget) : budgets.spend(key, budget);
  const consumptionOf = (spent: Spending): Consumption => ({ allowed: spent.allowed, state: stateOf(limited, spent) });
  return spending instanceof Promise ? spending.then(consumptionOf) : consumptionOf(spending);
}

/** Returns whether a rate limit is tighter than another: it is exceeded, or else leaves less, or else ends later. */
function isTighter(one: Spending, other: Spending): boolean {
  if (one.allowed !== other.allowed) return !one.allowed;
  if (one.allowed && one.remaining !== other.remaining) return one.remaining < other.remaining;
  return one.resetsAt > other.resetsAt;
}

/** Returns the result of an attempt with the rate limit of the key and that of its owner. Either both are consumed or neither is. */
function consumeBoth(budgets: Budgets, ofKey: Limited, ofOwner: Limited, dryRun: boolean): Consumption | Promise<Consumption> {
  const both = [ofKey, ofOwner];
  const spendings = dryRun ? budgets.peekAll(both) : budgets.spendAll(both);
  const consumptionOf = ([key, owner]: Spending[]): Consumption => {
    if (key === undefined || owner === undefined) throw new TypeError('a rate limit without its result');
    const state = isTighter(owner, key) ? stateOf(ofOwner, owner) : stateOf(ofKey, key);
    return { allowed: key.allowed && owner.allowed, state };
  };
  return spendings instanceof Promise ? spendings.then(consumptionOf) : consumptionOf(spendings);
}

/**
 * Consumes the rate limit of a key and the rate limit that a policy sets for all keys of its owner, or neither if one is exceeded.
 *
 * @param dryRun whether nothing is consumed
 * @returns null if there is no rate limit
 */
export function consumeRateLimits(budgets: Budgets, key: KeyEntry, dryRun: boolean): Consumption | Promise<Consumption> | null {
  const { rateLimit } = key;
  const ownerRateLimit = key.policy === null ? null : key.policy.ownerRateLimit;
  if (rateLimit === null) return ownerRateLimit === null ? null : consumeOne(budgets, ownerLimit(key, ownerRateLimit), dryRun);
  if (ownerRateLimit === null) return consumeOne(budgets, keyLimit(key, rateLimit), dryRun);
  return consumeBoth(budgets, keyLimit(key, rateLimit), ownerLimit(key, ownerRateLimit), dryRun);
}

import { LRUCache } from 'lru-cache';
import { parseAddress } from '../platform/ip/address.js';
import { matchesRanges, parseRanges, type Range } from '../platform/ip/address-ranges.js';
import { type PolicyColumns, type PolicyRules, rulesOf } from '../policies/policy-rules.js';

/** Policies that a process shares between entries. Beyond it, entries of one policy may hold copies of it. */
const SHARED_MAX = 1_000;

/** What a process knows about a policy. All cached keys with the policy share it. */
export interface PolicyEntry extends Pick<PolicyRules, 'name' | 'scopes' | 'keyLifetimeDaysMax' | 'ownerRateLimit'> {
  /** Null if every address is permitted. Parsed once for all keys. A list without a valid range permits no address. */
  readonly allowedRanges: readonly Range[] | null;
}

function entryOf(columns: PolicyColumns): PolicyEntry {
  const { name, scopes, keyLifetimeDaysMax, ownerRateLimit, allowedCidrs } = rulesOf(columns);
  return { name, scopes, keyLifetimeDaysMax, ownerRateLimit, allowedRanges: allowedCidrs.length === 0 ? null : parseRanges(allowedCidrs) };
}

/** Returns whether a policy permits an address. Null if the address is unknown. */
export function isAddressPermitted({ allowedRanges }: PolicyEntry, ipAddress: string | null): boolean {
  if (allowedRanges === null) return true;
  const address = parseAddress(ipAddress ?? '');
  return address !== null && matchesRanges(allowedRanges, address);
}

/** Creates the entries of policies. Equal policies have the same entry. */
export class PolicyEntries {
  readonly #entries = new LRUCache<string, { json: string; entry: PolicyEntry }>({ max: SHARED_MAX });

  entryOf(columns: PolicyColumns): PolicyEntry {
    const json = JSON.stringify(columns);
    const known = this.#entries.get(columns.id);
    if (known?.json === json) return known.entry;
    const entry = entryOf(columns);
    this.#entries.set(columns.id, { json, entry });
    return entry;
  }
}

import { validate as isUuid } from 'uuid';
import { storableTime } from '../platform/database/storable-time.js';
import { refuseFaults } from '../platform/errors/keyward-error.js';
import { LIST_LIMITS } from '../platform/limits.js';
import { isKeyPrefix } from '../platform/plaintext-key.js';
import { characterFault } from '../platform/text.js';
import { scopeFault, scopesThatGrant } from '../policies/scopes.js';
import type { KeySearch } from './api-key-list.queries.js';
import type { ApiKeyStatus } from './api-key-status.js';

/** Which keys to return. Null counts as absent; an empty list matches nothing. */
export interface ApiKeyFilter {
  ownerIds?: readonly string[] | null;
  externalIds?: readonly string[] | null;
  keyPrefixes?: readonly string[] | null;
  ids?: readonly string[] | null;
  /** Name of the owners' own policy. */
  policy?: string | null;
  statuses?: readonly ApiKeyStatus[] | null;
  /** A scope that the key grants, by itself or by a pattern. */
  scope?: string | null;
  createdBefore?: Date | null;
  createdAfter?: Date | null;
  expiresBefore?: Date | null;
  /** Keys that were created before this time and not presented since. */
  unusedSince?: Date | null;
}

/** Returns whether the filter would match every key. */
export const isEmptyFilter = (filter: ApiKeyFilter): boolean =>
  Object.values(filter).every((value) => value === null || value === undefined);

/** @throws {KeywardError} BAD_USER_INPUT with every broken rule */
export function checkFilter(filter: ApiKeyFilter): void {
  const { ownerIds, externalIds, keyPrefixes, ids, statuses, scope } = filter;
  refuseFaults('filter.', (report) => {
    for (const [name, items] of Object.entries({ ownerIds, externalIds, keyPrefixes, ids, statuses })) {
      if (items && items.length > LIST_LIMITS.filterItemsMax) report(name, `must have at most ${LIST_LIMITS.filterItemsMax} items`);
    }
    for (const [index, externalId] of (externalIds ?? []).entries()) report(`externalIds.${index}`, characterFault(externalId));
    if (typeof scope === 'string') report('scope', scopeFault(scope));
  });
}

const listOf = <T>(items: readonly T[] | null | undefined, isPossible: (item: T) => boolean = () => true): T[] | null =>
  items ? [...new Set(items)].filter(isPossible) : null;

/**
 * Returns the search for the keys that a checked filter matches; null if no key can match.
 *
 * @param owners.ids the owners that the filter names, or that are all with the policy; null if the filter does not name them
 * @param owners.policyId their own policy; null if the filter names none
 */
export function searchOf(
  filter: ApiKeyFilter,
  owners: { ids: readonly string[] | null; policyId: string | null },
  now: Date,
): Omit<KeySearch, 'after'> | null {
  const { keyPrefixes, ids, statuses, scope } = filter;
  const lists = {
    ownerIds: listOf(owners.ids),
    keyPrefixes: listOf(keyPrefixes, isKeyPrefix),
    ids: listOf(ids, isUuid),
    statuses: listOf(statuses),
  };
  if (Object.values(lists).some((list) => list?.length === 0)) return null;
  return {
    ...lists,
    policyId: owners.policyId,
    anyScope: typeof scope === 'string' ? scopesThatGrant(scope) : null,
    createdBefore: storableTime(filter.createdBefore),
    createdAfter: storableTime(filter.createdAfter),
    expiresBefore: storableTime(filter.expiresBefore),
    unusedSince: storableTime(filter.unusedSince),
    now,
  };
}

import { validate as isUuid } from 'uuid';
import type { Users } from '../auth/accounts/users.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import type { ApiKey } from '../platform/database/generated/client.js';
import { LIST_LIMITS } from '../platform/limits.js';
import { ALL_USERS, type Cursors, type Found, itemsAt, type Page, type PageRequest, type Position } from '../platform/pagination.js';
import { findPolicyId } from '../policies/policy-names.js';
import { type ApiKeyFilter, checkFilter, searchOf } from './api-key-filter.js';
import { countKeys, findEndOfKeys, findKeys, type KeyPosition, type KeySearch } from './api-key-list.queries.js';
import { findKeysByIds } from './api-key-queries.js';
import { ApiKeyStatus } from './api-key-status.js';

const USABLE = [ApiKeyStatus.ACTIVE, ApiKeyStatus.ROTATING, ApiKeyStatus.DISABLED];

/** The usable keys that a filter matches, in parts of at most LIST_LIMITS.examinedRowsMax examined keys. */
export interface UsableKeys {
  /** Returns the number of keys in the part after a position, and the position at which the part ends; null at the end of the list. */
  count(after: Position | null): Promise<{ count: number; end: Position | null }>;
  /** Returns at most `limit` keys after a position, and the position to continue from; null at the end of the list. */
  find(after: Position | null, limit: number): Promise<{ keys: KeyPosition[]; end: Position | null }>;
}

const NO_KEYS: UsableKeys = { count: async () => ({ count: 0, end: null }), find: async () => ({ keys: [], end: null }) };

/** Lists the keys of all users. */
export class ApiKeyList {
  readonly #deps: { database: Database; users: Users; clock: Clock; cursors: Cursors };

  constructor(deps: { database: Database; users: Users; clock: Clock; cursors: Cursors }) {
    this.#deps = deps;
  }

  /**
   * Returns a page of the keys that match, with any status, newest first.
   *
   * @throws {KeywardError} BAD_USER_INPUT, like Cursors.page, and for a filter that breaks a rule
   */
  page(request: PageRequest, filter: ApiKeyFilter): Promise<Page<ApiKey>> {
    checkFilter(filter);
    return this.#deps.cursors.page({ list: 'api-keys', ownerId: ALL_USERS }, request, async (after, limit): Promise<Found<ApiKey>> => {
      const owners = await this.#ownersOf(filter);
      const search = owners && searchOf(filter, owners, this.#deps.clock.now());
      if (!search) return { items: [] };
      const { keys: positions, end } = await this.#find({ ...search, after }, limit);
      const keys = await this.findByIds(positions.map(({ id }) => id));
      return { items: itemsAt(positions, keys), stoppedAt: positions.length === limit ? null : end };
    });
  }

  /**
   * Returns the usable keys that match now.
   *
   * @throws {KeywardError} BAD_USER_INPUT for a filter that breaks a rule
   */
  async usable(filter: ApiKeyFilter): Promise<UsableKeys> {
    checkFilter(filter);
    const statuses = filter.statuses ? filter.statuses.filter((status) => USABLE.includes(status)) : USABLE;
    const owners = await this.#ownersOf(filter);
    const search = owners && searchOf({ ...filter, statuses }, owners, this.#deps.clock.now());
    if (!search) return NO_KEYS;
    const { database } = this.#deps;
    return {
      count: async (after) => {
        const end = await findEndOfKeys(database, { ...search, after });
        return { count: await countKeys(database, { ...search, after }, end), end };
      },
      find: (after, limit) => this.#find({ ...search, after }, limit),
    };
  }

  /** Returns the keys in the order of the ids, with null for each unknown id. */
  findByIds(ids: readonly string[]): Promise<(ApiKey | null)[]> {
    return findKeysByIds(this.#deps.database, ids);
  }

  async #find(search: KeySearch, limit: number): Promise<{ keys: KeyPosition[]; end: Position | null }> {
    const found = await findKeys(this.#deps.database, search, limit);
    const isFull = found.length === limit;
    // The keys of several owners are examined up to different positions, so those behind the first of these are left for later.
    const stop = isFull && search.ownerIds === null ? null : await findEndOfKeys(this.#deps.database, search);
    const keys = stop ? found.filter((position) => !isBehind(position, stop)) : found;
    const last = keys.at(-1);
    return { keys, end: keys.length === limit && last ? last : stop };
  }

  /** Returns what the filter says about the owners. Null if it names a policy that does not exist. */
  async #ownersOf(filter: ApiKeyFilter): Promise<{ ids: string[] | null; policyId: string | null } | null> {
    const { database, users } = this.#deps;
    const named = await this.#namedOwnersOf(filter);
    if (typeof filter.policy !== 'string') return { ids: named, policyId: null };
    const policyId = await findPolicyId(database, filter.policy);
    if (policyId === null) return null;
    const isByKey = filter.ids || filter.keyPrefixes;
    // The keys of few owners are found by them. Otherwise the list is examined, as for the other fields.
    const all = named === null && !isByKey ? await users.findIdsByPolicy(policyId, LIST_LIMITS.policyOwnersMax + 1) : null;
    return { ids: all && all.length <= LIST_LIMITS.policyOwnersMax ? all : named, policyId };
  }

  /** Returns the ids of the owners that the filter names. Null if it names none. */
  async #namedOwnersOf({ ownerIds, externalIds }: ApiKeyFilter): Promise<string[] | null> {
    const named = ownerIds ? ownerIds.filter(isUuid) : null;
    if (!externalIds) return named;
    const found = externalIds.length === 0 ? [] : await this.#deps.users.findIdsByExternalId(externalIds);
    return named ? found.filter((id) => named.includes(id)) : found;
  }
}

/** Returns whether a position comes after another one in the list. Ids in their canonical form sort like their bytes. */
const isBehind = (position: Position, other: Position): boolean =>
  position.at < other.at || (position.at.getTime() === other.at.getTime() && position.id < other.id);

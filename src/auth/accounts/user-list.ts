import type { Database } from '../../platform/database/client.js';
import type { User } from '../../platform/database/generated/client.js';
import { refuseFaults } from '../../platform/errors/keyward-error.js';
import { LIST_LIMITS } from '../../platform/limits.js';
import { ALL_USERS, type Cursors, type Found, itemsAt, type Page, type PageRequest, type Position } from '../../platform/pagination.js';
import { characterFault, codePointCount } from '../../platform/text.js';
import { canonicalAddress } from './email.js';
import { findEndOfUsers, findFewUsers, findUsers, isNarrow, type UserSearch } from './user-list.queries.js';
import type { Users } from './users.js';

const SEARCH_CHARACTERS = { min: 2, max: 255 };

/** Which users to return. Null counts as absent; an empty list matches nothing. */
export interface UserFilter {
  /** Beginning of the email address or of the external id. */
  search?: string | null;
  externalIds?: readonly string[] | null;
  /** Name of the users' own policy. */
  policy?: string | null;
  disabled?: boolean | null;
}

/** @throws {KeywardError} BAD_USER_INPUT with every broken rule */
function checkFilter({ search, externalIds }: UserFilter): void {
  refuseFaults('filter.', (report) => {
    if (externalIds && externalIds.length > LIST_LIMITS.filterItemsMax) {
      report('externalIds', `must have at most ${LIST_LIMITS.filterItemsMax} items`);
    }
    for (const [index, externalId] of (externalIds ?? []).entries()) report(`externalIds.${index}`, characterFault(externalId));
    if (typeof search !== 'string') return;
    const { min, max } = SEARCH_CHARACTERS;
    const length = codePointCount(search.trim());
    report('search', length < min || length > max ? `must have ${min} to ${max} characters` : characterFault(search.trim()));
  });
}

/** Lists the users of all kinds, for services and the operator. */
export class UserList {
  readonly #database: Database;
  readonly #users: Users;
  readonly #cursors: Cursors;
  readonly #findPolicyId: (name: string) => Promise<string | null>;

  /** @param options.findPolicyId returns the id of the policy with a name; null if no policy has the name */
  constructor(options: { database: Database; users: Users; cursors: Cursors; findPolicyId: (name: string) => Promise<string | null> }) {
    this.#findPolicyId = options.findPolicyId;
    this.#database = options.database;
    this.#users = options.users;
    this.#cursors = options.cursors;
  }

  /**
   * Returns a page of users, newest first.
   *
   * @throws {KeywardError} BAD_USER_INPUT, like Cursors.page, and for a filter that breaks a rule
   */
  page(request: PageRequest, filter: UserFilter): Promise<Page<User>> {
    checkFilter(filter);
    const { externalIds = null, policy = null, disabled = null } = filter;
    const search = filter.search?.trim() ?? null;
    const prefixes = search === null ? null : { email: canonicalAddress(search), externalId: search };
    return this.#cursors.page({ list: 'users', ownerId: ALL_USERS }, request, async (after, limit) => {
      const policyId = policy === null ? null : await this.#findPolicyId(policy);
      if (policy !== null && policyId === null) return { items: [] };
      return this.#find({ externalIds, prefixes, policyId, isDisabled: disabled, after }, limit);
    });
  }

  async #find(search: UserSearch, limit: number): Promise<Found<User>> {
    const { externalIds, prefixes } = search;
    if (externalIds?.length === 0) return { items: [] };
    if (externalIds !== null || (prefixes !== null && (await isNarrow(this.#database, prefixes)))) {
      return { items: await this.#itemsAt(await findFewUsers(this.#database, search, limit)) };
    }
    const positions = await findUsers(this.#database, search, limit);
    const stoppedAt = positions.length === limit ? null : await findEndOfUsers(this.#database, search);
    return { items: await this.#itemsAt(positions), stoppedAt };
  }

  async #itemsAt(positions: readonly Position[]): Promise<Found<User>['items']> {
    return itemsAt(positions, await this.#users.findByIds(positions.map(({ id }) => id)));
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import { isStatementTimeout } from '../platform/database/database-errors.js';
import type { ApiKey } from '../platform/database/generated/client.js';
import { POLICY_LIMITS } from '../platform/limits.js';
import type { Position } from '../platform/pagination.js';
import { type Ceilings, losesAddress, losesScope } from '../policies/policy-losses.js';
import { findKeysByIds } from './api-key-queries.js';
import { countKeyGroups, findAffectedKeys, findEndOfUsers, type ImpactSearch, type KeyGroup } from './policy-impact.queries.js';

const { countingMsMax, partMs, usersAtOnceMin, usersAtOnceMax, sampleMax } = POLICY_LIMITS;

/** Groups of keys that are judged in one turn of the event loop. */
const GROUPS_AT_ONCE = 500;

/** A change of the ceilings of users. */
export interface CeilingChange {
  /** The policy of the users. Null for users without a policy of their own. */
  policyId: string | null;
  before: Ceilings;
  after: Ceilings;
}

/** The usable keys that a change of a policy takes a scope, an address or lifetime from. */
export interface Impact {
  affectedKeys: number;
  /** Whether all keys were examined. Otherwise, `affectedKeys` is how many were found in time. */
  isComplete: boolean;
  /** At most POLICY_LIMITS.sampleMax of the keys. */
  sample: ApiKey[];
}

/** What is known of the keys so far. */
interface Progress {
  affectedKeys: number;
  sampleIds: string[];
}

/** Returns which keys a change of a policy affects, by the rules of verification. */
export class PolicyImpact {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor({ database, clock }: { database: Database; clock: Clock }) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Returns what a change takes from the keys that are usable before it. Stops after POLICY_LIMITS.countingMsMax. */
  async of(change: CeilingChange): Promise<Impact> {
    const progress: Progress = { affectedKeys: 0, sampleIds: [] };
    const isComplete = !canNarrow(change) || (await this.#examine(change, progress));
    const sample = await findKeysByIds(this.#database, progress.sampleIds);
    return { affectedKeys: progress.affectedKeys, isComplete, sample: sample.filter((key) => key !== null) };
  }

  /** Examines the keys of all users of the policy, in parts. @returns whether all were examined in time */
  async #examine(change: CeilingChange, progress: Progress): Promise<boolean> {
    const search = searchOf(change, this.#clock.now());
    // The duration is measured, so it does not depend on the clock, which tests set.
    const until = performance.now() + countingMsMax;
    let count: number = usersAtOnceMin;
    for (let after: Position | null = null; ; ) {
      const start = performance.now();
      try {
        const end = await findEndOfUsers(this.#database, { policyId: change.policyId, after }, count);
        await this.#examinePart({ ...search, after, until: end }, change, progress);
        if (end === null) return true;
        after = end;
      } catch (error) {
        if (isStatementTimeout(error) && performance.now() > start + partMs) return false;
        throw error;
      }
      if (performance.now() > until) return false;
      count = nextCount(count, performance.now() - start);
    }
  }

  async #examinePart(search: ImpactSearch, change: CeilingChange, progress: Progress): Promise<void> {
    const groups = await countKeyGroups(this.#database, search);
    const losing: KeyGroup[] = [];
    let affectedKeys = 0;
    for (const [index, group] of groups.entries()) {
      if (index % GROUPS_AT_ONCE === GROUPS_AT_ONCE - 1) await nextTurn();
      const isLosing = losesScope(group, change.before, change.after) || losesAddress(group, change.before, change.after);
      if (isLosing) losing.push(group);
      affectedKeys += isLosing ? group.keys : group.shortened;
    }
    progress.affectedKeys += affectedKeys;
    const limit = sampleMax - progress.sampleIds.length;
    if (affectedKeys === 0 || limit === 0) return;
    const wanted = { groups: losing.slice(0, limit), limit };
    progress.sampleIds.push(...(await findAffectedKeys(this.#database, search, wanted)));
  }
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

const searchOf = ({ policyId, before, after }: CeilingChange, now: Date): Omit<ImpactSearch, 'after' | 'until'> => ({
  policyId,
  now,
  daysBefore: before.keyLifetimeDaysMax,
  daysAfter: after.keyLifetimeDaysMax,
  by: { scopes: !isSame(before.scopes, after.scopes), allowedCidrs: !isSame(before.allowedCidrs, after.allowedCidrs) },
});

/** Returns whether the change can take anything from any key. */
function canNarrow({ before, after }: CeilingChange): boolean {
  const isShorter = (after.keyLifetimeDaysMax ?? Infinity) < (before.keyLifetimeDaysMax ?? Infinity);
  return isShorter || !isSame(before.scopes, after.scopes) || !isSame(before.allowedCidrs, after.allowedCidrs);
}

/** Returns how many users to examine next, so that it takes about POLICY_LIMITS.partMs. */
const nextCount = (count: number, ms: number): number =>
  Math.round(Math.min(usersAtOnceMax, Math.max(usersAtOnceMin, count * Math.min(4, partMs / Math.max(1, ms)))));

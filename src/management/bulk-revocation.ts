import { type ApiKeyFilter, isEmptyFilter } from '../api-keys/api-key-filter.js';
import type { ApiKeyList, UsableKeys } from '../api-keys/api-key-list.js';
import type { ApiKey } from '../api-keys/api-key-service.js';
import { type KeyRevocation, refuseBadReason } from '../api-keys/key-revocation.js';
import { type Actor, actorFields } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import { badUserInput } from '../platform/errors/keyward-error.js';
import { BULK_REVOCATION_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import type { Position } from '../platform/pagination.js';

const { msMax, countingMsMax, keysAtOnce, ownersAtOnce, sampleMax } = BULK_REVOCATION_LIMITS;

/** Which keys to revoke, and whether to revoke them. */
export interface BulkRequest {
  filter: ApiKeyFilter;
  reason: string | null;
  isDryRun: boolean;
}

/** What a bulk revocation did. */
export interface BulkResult {
  /** Usable keys that match. At least, if there were too many to count. */
  matched: number;
  revoked: number;
  /** Whether all keys were counted (dry run) or revoked. */
  complete: boolean;
  sample: ApiKey[];
}

interface Dependencies {
  keyList: ApiKeyList;
  revocation: KeyRevocation;
  clock: Clock;
  logger: Logger;
}

/** Returns the ids of the keys of each owner. */
function byOwner(keys: readonly { id: string; userId: string }[]): { userId: string; ids: string[] }[] {
  const owners = new Map<string, string[]>();
  for (const { id, userId } of keys) owners.set(userId, [...(owners.get(userId) ?? []), id]);
  return [...owners].map(([userId, ids]) => ({ userId, ids }));
}

/** Revokes many keys of many users, for a service. */
export class BulkRevocation {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Revokes every usable key that matches. Stops after BULK_REVOCATION_LIMITS.msMax: a repetition continues, because it finds only
   * keys that are still usable. The keys of one user are revoked together with their audit events.
   *
   * @throws {KeywardError} BAD_USER_INPUT, also for a filter without any field, which would match every key
   */
  async run({ filter, reason, isDryRun }: BulkRequest, actor: Actor): Promise<BulkResult> {
    if (isEmptyFilter(filter)) throw badUserInput([{ path: 'filter', message: 'must have at least one field that is not null' }]);
    refuseBadReason(reason);
    const start = this.#deps.clock.now().getTime();
    const usable = await this.#deps.keyList.usable(filter);
    const counted = await this.#count(usable, start + (isDryRun ? msMax : countingMsMax));
    if (isDryRun) {
      const { keys } = await usable.find(null, sampleMax);
      const sample = await this.#deps.keyList.findByIds(keys.map(({ id }) => id));
      return { matched: counted.matched, revoked: 0, complete: counted.isComplete, sample: sample.filter((key) => key !== null) };
    }
    const { revoked, isComplete } = await this.#revokeAll(usable, { reason, actor, until: start + msMax });
    const matched = Math.max(counted.matched, revoked.length);
    this.#deps.logger.info({ ...actorFields(actor), matched, revoked: revoked.length, complete: isComplete }, 'API keys revoked in bulk');
    return { matched, revoked: revoked.length, complete: isComplete, sample: revoked.slice(0, sampleMax) };
  }

  async #count(usable: UsableKeys, until: number): Promise<{ matched: number; isComplete: boolean }> {
    let matched = 0;
    for (let after: Position | null = null; ; ) {
      const { count, end } = await usable.count(after);
      matched += count;
      if (end === null) return { matched, isComplete: true };
      if (this.#isOver(until)) return { matched, isComplete: false };
      after = end;
    }
  }

  async #revokeAll(usable: UsableKeys, task: { reason: string | null; actor: Actor; until: number }) {
    const revoked: ApiKey[] = [];
    for (let after: Position | null = null; ; ) {
      const { keys, end } = await usable.find(after, keysAtOnce);
      const owners = byOwner(keys);
      for (let next = 0; next < owners.length; next += ownersAtOnce) {
        if (this.#isOver(task.until)) return { revoked, isComplete: false };
        const isDone = await this.#revokeOf(owners.slice(next, next + ownersAtOnce), task, revoked);
        if (!isDone) return { revoked, isComplete: false };
      }
      if (end === null) return { revoked, isComplete: true };
      after = end;
    }
  }

  /** Revokes keys of some owners at the same time. @returns false if some could not be revoked, after others were */
  async #revokeOf(
    owners: readonly { userId: string; ids: string[] }[],
    { reason, actor }: { reason: string | null; actor: Actor },
    revoked: ApiKey[],
  ): Promise<boolean> {
    const revoke = ({ userId, ids }: { userId: string; ids: string[] }) => this.#deps.revocation.revokeUsable(userId, ids, reason, actor);
    const results = await Promise.allSettled(owners.map(revoke));
    for (const result of results) if (result.status === 'fulfilled') revoked.push(...result.value);
    const failed = results.find((result) => result.status === 'rejected');
    if (!failed) return true;
    // The answer must report the keys that were revoked.
    if (revoked.length === 0) throw failed.reason;
    this.#deps.logger.warn({ ...actorFields(actor), err: failed.reason, revoked: revoked.length }, 'bulk revocation stopped by an error');
    return false;
  }

  #isOver(until: number): boolean {
    return this.#deps.clock.now().getTime() >= until;
  }
}

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

/** A revocation in progress. */
interface Task {
  reason: string | null;
  actor: Actor;
  /** Time in milliseconds at which it stops. */
  until: number;
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

  async #revokeAll(usable: UsableKeys, task: Task): Promise<{ revoked: ApiKey[]; isComplete: boolean }> {
    const revoked: ApiKey[] = [];
    const failures: unknown[] = [];
    for (let after: Position | null = null; ; ) {
      const { keys, end } = await usable.find(after, keysAtOnce);
      const owners = byOwner(keys);
      for (let next = 0; next < owners.length; next += ownersAtOnce) {
        if (this.#isOver(task.until)) return this.#resultOf(revoked, failures, false);
        await this.#revokeOf(owners.slice(next, next + ownersAtOnce), task, { revoked, failures });
      }
      if (end === null) return this.#resultOf(revoked, failures, true);
      after = end;
    }
  }

  /**
   * Revokes keys of some owners at the same time. The keys of an owner are left for a repetition if the row of the owner is locked
   * for too long.
   */
  async #revokeOf(
    owners: readonly { userId: string; ids: string[] }[],
    { reason, actor }: Task,
    { revoked, failures }: { revoked: ApiKey[]; failures: unknown[] },
  ): Promise<void> {
    const revoke = ({ userId, ids }: { userId: string; ids: string[] }) => this.#deps.revocation.revokeUsable(userId, ids, reason, actor);
    for (const result of await Promise.allSettled(owners.map(revoke))) {
      if (result.status === 'fulfilled') revoked.push(...result.value);
      else failures.push(result.reason);
    }
  }

  /** @throws the first failure if no key was revoked. Otherwise the answer must report the keys that were revoked */
  #resultOf(revoked: ApiKey[], failures: readonly unknown[], isAtEnd: boolean): { revoked: ApiKey[]; isComplete: boolean } {
    const [failure] = failures;
    if (failures.length === 0) return { revoked, isComplete: isAtEnd };
    if (revoked.length === 0) throw failure;
    this.#deps.logger.warn({ err: failure, owners: failures.length, revoked: revoked.length }, 'keys of some users not revoked in bulk');
    return { revoked, isComplete: false };
  }

  #isOver(until: number): boolean {
    return this.#deps.clock.now().getTime() >= until;
  }
}

import { SERVER } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import { NOTICE_LIMITS } from '../platform/limits.js';
import type { FirstUse, FirstUses } from '../usage/first-uses.js';
import { recordEvents } from './event-recorder.js';
import type { NoticeMetrics } from './notice-metrics.js';
import { findOwnersOfKeys, lockUsers, markFirstUses } from './notices.queries.js';

interface Dependencies {
  database: Database;
  clock: Clock;
  metrics: NoticeMetrics;
  firstUses: FirstUses;
}

/** Writes the event `api_key.first_used` for the first uses that the usage recorder noted. */
export class FirstUseNotices {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Writes the events of all noted first uses. */
  async run(signal?: AbortSignal): Promise<void> {
    for (let after: string | null = null; !signal?.aborted; ) {
      const uses: FirstUse[] = await this.#deps.firstUses.page(after, NOTICE_LIMITS.writtenAtOnce);
      if (uses.length > 0) await this.#write(uses);
      after = uses.at(-1)?.keyId ?? null;
      if (uses.length < NOTICE_LIMITS.writtenAtOnce) return;
    }
  }

  /** Writes the events of uses in one transaction. The keys of a user that another transaction has locked wait for the next run. */
  async #write(uses: readonly FirstUse[]): Promise<void> {
    const { database, clock, metrics, firstUses } = this.#deps;
    const owners = await findOwnersOfKeys(
      database,
      uses.map(({ keyId }) => keyId),
    );
    const written = await database.$transaction(async (transaction) => {
      const locked = new Set(await lockUsers(transaction, [...new Set(owners.values())]));
      const done = uses.flatMap(({ keyId }) => {
        const owner = owners.get(keyId);
        return owner === undefined || locked.has(owner) ? [keyId] : [];
      });
      const marked = await markFirstUses(transaction, done, [...locked]);
      const timeOf = new Map(uses.map(({ keyId, at }) => [keyId, at]));
      const events = marked.map(({ keyId, userId }) => ({
        type: 'api_key.first_used' as const,
        userId,
        apiKeyId: keyId,
        extra: { usedAt: timeOf.get(keyId)?.toISOString() },
      }));
      await recordEvents(transaction, events, { actor: SERVER, at: clock.now() });
      await firstUses.remove(transaction, done);
      return marked.length;
    });
    metrics.written('first_used', written);
  }
}

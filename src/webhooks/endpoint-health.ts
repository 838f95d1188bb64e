import { SERVER } from '../platform/actor.js';
import { type Clock, DAY_MS } from '../platform/clock.js';
import type { Pool } from '../platform/database/pool.js';
import { WEBHOOK_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import { type EndpointOutcome, noteOutcomes } from './sending.queries.js';
import type { WebhookEndpoints } from './webhook-endpoints.js';

interface Dependencies {
  pool: Pool;
  clock: Clock;
  endpoints: Pick<WebhookEndpoints, 'disableFailing'>;
  logger: Logger;
}

/**
 * Records whether the attempts of endpoints succeed, and disables an endpoint if they have only failed for days. Attempts overlap, in this
 * process and in others, so what was read before an attempt says nothing about its end: the database decides for each outcome.
 */
export class EndpointHealth {
  readonly #deps: Dependencies;
  /** By endpoint, of which there are at most WEBHOOK_LIMITS.endpointsMax. */
  #unstored = new Map<string, EndpointOutcome>();
  #storing: Promise<void> | null = null;
  #hasFailed = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Adds the outcome of an attempt, in the order in which the attempts end, and begins to store it. */
  add(endpointId: string, delivered: boolean): void {
    const failedAt = delivered ? null : this.#deps.clock.now();
    this.#unstored.set(endpointId, followedBy(this.#unstored.get(endpointId), { endpointId, succeeded: delivered, failedAt }));
    void this.store();
  }

  /** Stores the outcomes. If it fails, which is logged, they wait for the next call. */
  store(): Promise<void> {
    this.#storing ??= this.#storeAll();
    return this.#storing;
  }

  async #storeAll(): Promise<void> {
    // Outcomes that arrive in the same turn of the event loop share a statement.
    await Promise.resolve();
    try {
      while (this.#unstored.size > 0) await this.#storeOnce();
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#deps.logger.warn({ err: error }, 'state of webhook endpoints not stored; it is repeated');
      this.#hasFailed = true;
    } finally {
      this.#storing = null;
    }
  }

  async #storeOnce(): Promise<void> {
    const { pool, clock, endpoints } = this.#deps;
    const { failingDaysMax } = WEBHOOK_LIMITS;
    const outcomes = this.#unstored;
    this.#unstored = new Map();
    const since = new Date(clock.now().getTime() - failingDaysMax * DAY_MS);
    const failing = await noteOutcomes(pool, [...outcomes.values()], since).catch((error: unknown) => {
      for (const [id, later] of this.#unstored) outcomes.set(id, followedBy(outcomes.get(id), later));
      this.#unstored = outcomes;
      throw error;
    });
    for (const id of failing) await endpoints.disableFailing(id, since, `All attempts failed for ${failingDaysMax} days.`, SERVER);
  }
}

/** Returns what two successive outcomes of an endpoint show together. */
function followedBy(earlier: EndpointOutcome | undefined, later: EndpointOutcome): EndpointOutcome {
  if (!earlier || later.succeeded) return later;
  return { ...earlier, failedAt: earlier.failedAt ?? later.failedAt };
}

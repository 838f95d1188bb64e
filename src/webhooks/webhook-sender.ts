import { SERVER } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Pool } from '../platform/database/pool.js';
import { WEBHOOK_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import type { Sealing } from '../platform/sealing.js';
import type { AttemptOutcome } from './delivery.js';
import type { EndpointHealth } from './endpoint-health.js';
import { EndpointLane } from './endpoint-lane.js';
import { nextAttemptAt } from './retry-schedule.js';
import { type ClaimedDelivery, claimDeliveries, type DueEndpoint, findDueEndpoints, GONE, type Settlement } from './sending.queries.js';
import type { SettlementQueue } from './settlement-queue.js';
import type { WebhookEndpoints } from './webhook-endpoints.js';
import type { WebhookMetrics } from './webhook-metrics.js';
import type { WebhookClient } from './webhook-request.js';
import { signedHeaders } from './webhook-secret.js';

/** After the start of a stop, time for the running attempts to end. */
const STOP_MS = 3_000;

const GONE_REASON = 'The receiver answered with the status 410 Gone.';

interface Dependencies {
  pool: Pool;
  clock: Clock;
  client: WebhookClient;
  endpoints: WebhookEndpoints;
  sealing: Sealing;
  settlements: SettlementQueue;
  health: EndpointHealth;
  metrics: WebhookMetrics;
  logger: Logger;
}

/**
 * Sends events to endpoints. A delivery is claimed by a statement that commits, sent outside any transaction, and its outcome is stored under
 * its lease. A process that stops in between leaves the delivery to the next one, at the end of the lease. Every replica sends.
 */
export class WebhookSender {
  readonly #deps: Dependencies;
  readonly #lanes = new Map<string, EndpointLane>();
  readonly #sending = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #closed = false;
  #isRequested = false;
  #claiming: Promise<void> | null = null;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Claims and sends what is due, as far as the limits allow. Each end of an attempt leads to a further claim while there is more.
   *
   * @returns a promise that resolves after the claims, before the attempts end
   * @throws an error of the database
   */
  poll(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#isRequested = true;
    this.#claiming ??= this.#claimAll();
    return this.#claiming;
  }

  /** Waits until nothing is being sent, and what was sent is stored. */
  async idle(): Promise<void> {
    while (this.#claiming || this.#sending.size > 0) await Promise.allSettled([this.#claiming, ...this.#sending]);
    await this.#deps.health.store();
  }

  /** Claims nothing more, and waits for the running attempts. Those that take long are cancelled, and another process repeats them. */
  async close(): Promise<void> {
    this.#closed = true;
    const timer = setTimeout(() => this.#stop.abort(), STOP_MS);
    await Promise.all([this.#deps.settlements.close(), this.idle()]);
    clearTimeout(timer);
    this.#deps.client.close();
  }

  async #claimAll(): Promise<void> {
    try {
      while (this.#isRequested && !this.#closed) {
        this.#isRequested = false;
        void this.#deps.health.store();
        await this.#deps.settlements.store();
        const endpoints = await findDueEndpoints(this.#deps.pool, this.#deps.clock.now());
        this.#forgetOthers(endpoints);
        for (const endpoint of endpoints) await this.#claim(endpoint);
      }
    } finally {
      // In the turn of the last check, because a request between the two would otherwise be lost.
      this.#claiming = null;
    }
  }

  #forgetOthers(endpoints: readonly DueEndpoint[]): void {
    const due = new Set(endpoints.map(({ id }) => id));
    for (const [id, lane] of this.#lanes) if (lane.sending === 0 && !due.has(id)) this.#lanes.delete(id);
  }

  async #claim(endpoint: DueEndpoint): Promise<void> {
    const { pool, clock, logger } = this.#deps;
    const lane = this.#lanes.get(endpoint.id) ?? new EndpointLane();
    this.#lanes.set(endpoint.id, lane);
    const limit = Math.min(lane.free, WEBHOOK_LIMITS.sendingMax - this.#sending.size);
    if (limit <= 0 || this.#closed) return;
    const now = clock.now();
    const secrets = this.#secretsOf(endpoint, now);
    // Logged once, because a claim is tried every second.
    if (!secrets && !lane.secretIsLost) {
      logger.error(
        { webhookEndpointId: endpoint.id },
        'webhook secret cannot be decrypted, so nothing is sent. Rotate it, or restore APP_SECRETS',
      );
    }
    lane.secretIsLost = secrets === null;
    if (!secrets) return;
    const until = new Date(now.getTime() + WEBHOOK_LIMITS.leaseSeconds * 1_000);
    const { claimed, end } = await claimDeliveries(pool, endpoint.id, { now, limit, until, after: lane.after });
    if (end) {
      // All examined deliveries wait for older ones. The next claim examines the following ones.
      lane.after = end;
      this.#isRequested = true;
    } else lane.rewind();
    for (const delivery of claimed) this.#send({ endpoint, lane, delivery, secrets, until });
  }

  /** Returns the secrets that sign now, the newest first. Null if the newest cannot be decrypted. */
  #secretsOf(endpoint: DueEndpoint, now: Date): Buffer[] | null {
    const { sealing } = this.#deps;
    const current = sealing.open(endpoint.sealedSecret, endpoint.id);
    if (!current) return null;
    const { previousSealedSecret, previousSecretExpiresAt } = endpoint;
    const inOverlap = previousSealedSecret && previousSecretExpiresAt && previousSecretExpiresAt > now;
    const previous = inOverlap ? sealing.open(previousSealedSecret, endpoint.id) : null;
    return previous ? [current, previous] : [current];
  }

  #send(attempt: Attempt): void {
    const { lane } = attempt;
    lane.begin();
    this.#deps.metrics.sending.inc();
    const sending = this.#attempt(attempt)
      .catch((error: unknown) => this.#deps.logger.error({ err: error, webhookEndpointId: attempt.endpoint.id }, 'webhook attempt failed'))
      .finally(() => {
        this.#sending.delete(sending);
        this.#deps.metrics.sending.dec();
        // There may be more, and the ones that waited for this one.
        if (lane.free > 0 && !this.#closed) void this.poll().catch(() => undefined);
      });
    this.#sending.add(sending);
  }

  async #attempt({ endpoint, lane, delivery, secrets, until }: Attempt): Promise<void> {
    const { client, clock, settlements, metrics } = this.#deps;
    const body = JSON.stringify({ type: delivery.type, timestamp: delivery.at.toISOString(), data: delivery.data });
    const headers = signedHeaders({ id: delivery.eventId, body, at: clock.now() }, secrets);
    const endTimer = metrics.seconds.startTimer();
    let succeeded: boolean | null = false;
    try {
      const outcome = await client.send({ url: new URL(endpoint.url), headers, body }, clock.now(), this.#stop.signal);
      endTimer();
      const isCancelled = !outcome.delivered && this.#stop.signal.aborted;
      succeeded = isCancelled ? null : outcome.delivered;
      if (!isCancelled) metrics.attempts.inc({ outcome: outcome.delivered ? 'delivered' : 'failed' });
      const isLast = outcome.statusCode === GONE && (await this.#disable(endpoint));
      const settlement = isCancelled ? cancelled(delivery, clock.now()) : settlementOf(delivery, outcome, { now: clock.now(), isLast });
      await settlements.add(endpoint.id, settlement, until);
    } finally {
      lane.end(succeeded);
    }
  }

  /** @returns false if the endpoint has another URL by now, which receives the event at the next attempt */
  #disable({ id, url }: DueEndpoint): Promise<boolean> {
    return this.#deps.endpoints.disableGone(id, url, GONE_REASON, SERVER);
  }
}

/** One delivery that this process sends. */
interface Attempt {
  endpoint: DueEndpoint;
  lane: EndpointLane;
  delivery: ClaimedDelivery;
  secrets: readonly Buffer[];
  until: Date;
}

const cancelled = ({ id, lease }: ClaimedDelivery, now: Date): Settlement => ({
  id,
  lease,
  status: 'PENDING',
  nextAttemptAt: now,
  statusCode: null,
  error: null,
  cancelled: 1,
});

function settlementOf(
  { id, lease, attempts }: ClaimedDelivery,
  outcome: AttemptOutcome,
  { now, isLast }: { now: Date; isLast: boolean },
): Settlement {
  const { delivered, statusCode, error, retryAfterSeconds } = outcome;
  const next = delivered || isLast ? null : nextAttemptAt(attempts, now, retryAfterSeconds);
  const undelivered = next === null ? 'FAILED' : 'PENDING';
  return { id, lease, status: delivered ? 'DELIVERED' : undelivered, nextAttemptAt: next, statusCode, error, cancelled: 0 };
}

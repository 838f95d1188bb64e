import type { Clock } from '../platform/clock.js';
import type { Pool } from '../platform/database/pool.js';
import type { EndpointHealth } from './endpoint-health.js';
import { GONE, type Settlement, settleDeliveries } from './sending.queries.js';

/** Outcomes of one statement. */
const AT_ONCE_MAX = 200;

interface Dependencies {
  pool: Pool;
  clock: Clock;
  health: EndpointHealth;
}

interface Waiting {
  settlement: Settlement;
  endpointId: string;
  leasedUntil: Date;
  done: () => void;
}

/**
 * Stores the outcomes of attempts, several in one statement. While the database is unavailable, an outcome is kept until its lease ends. The
 * event is then sent again.
 */
export class SettlementQueue {
  readonly #deps: Dependencies;
  #waiting: Waiting[] = [];
  #closed = false;
  #storing: Promise<void> | null = null;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Adds an outcome of an endpoint. @returns a promise that resolves when the outcome is stored or dropped */
  add(endpointId: string, settlement: Settlement, leasedUntil: Date): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ settlement, endpointId, leasedUntil, done });
      void this.store().catch(() => {
        if (this.#closed) this.#dropIf(() => true);
      });
    });
  }

  /** Stores what waits. From now on, an outcome that cannot be stored is dropped, so that a stop does not wait for the database. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.store().catch(() => this.#dropIf(() => true));
  }

  /** Stores what waits. @throws an error of the database; the outcomes then wait for the next call */
  store(): Promise<void> {
    this.#storing ??= this.#storeAll();
    return this.#storing;
  }

  async #storeAll(): Promise<void> {
    // Outcomes that arrive in the same turn of the event loop share a statement.
    await Promise.resolve();
    try {
      for (;;) {
        this.#dropExpired();
        const batch = this.#waiting.slice(0, AT_ONCE_MAX);
        if (batch.length === 0) return;
        await settleDeliveries(
          this.#deps.pool,
          batch.map(({ settlement }) => settlement),
        );
        this.#waiting = this.#waiting.slice(batch.length);
        for (const waiting of batch) this.#end(waiting);
      }
    } finally {
      // In the turn of the last check, because an outcome that is added between the two would otherwise wait for the next call.
      this.#storing = null;
    }
  }

  #end({ settlement, endpointId, done }: Waiting): void {
    const { status, statusCode, cancelled } = settlement;
    // A statement of its own, because an endpoint can be locked.
    if (cancelled === 0 && statusCode !== GONE) this.#deps.health.add(endpointId, status === 'DELIVERED');
    done();
  }

  #dropExpired(): void {
    const now = this.#deps.clock.now();
    this.#dropIf(({ leasedUntil }) => leasedUntil <= now);
  }

  #dropIf(isDropped: (waiting: Waiting) => boolean): void {
    const dropped = this.#waiting.filter(isDropped);
    this.#waiting = this.#waiting.filter((waiting) => !isDropped(waiting));
    for (const { done } of dropped) done();
  }
}

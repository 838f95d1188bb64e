import { Counter, Gauge, type Registry } from 'prom-client';

/** Metrics of the events that no change causes. */
export class NoticeMetrics {
  readonly failures: Counter;
  readonly #notices: Counter;
  readonly #complete: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#notices = new Counter({
      name: 'keyward_webhook_notices_total',
      help: 'Events that this process wrote because of time or use: expiring, expired or first_used.',
      labelNames: ['kind'],
      registers,
    });
    this.failures = new Counter({
      name: 'keyward_webhook_notice_failures_total',
      help: 'Runs of the search for expiring, expired and newly used keys that failed. The next run continues.',
      registers,
    });
    this.#complete = new Gauge({
      name: 'keyward_webhook_notices_complete_seconds',
      help: 'Unix time up to which this process knows that all notices of a kind were written.',
      labelNames: ['kind'],
      registers,
    });
  }

  written(kind: 'expiring' | 'expired' | 'first_used', count: number): void {
    if (count > 0) this.#notices.inc({ kind }, count);
  }

  /** Records that all notices of a kind before `until` were written. */
  complete(kind: string, until: Date): void {
    this.#complete.set({ kind }, until.getTime() / 1_000);
  }
}

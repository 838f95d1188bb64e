import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** From a receiver on the same machine to the timeout of an attempt. */
const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

/** Metrics of webhooks. The counts of all deliveries are those of the database, and equal on every replica. */
export class WebhookMetrics {
  readonly attempts: Counter<'outcome'>;
  readonly seconds: Histogram;
  readonly sending: Gauge;
  readonly due: Gauge;
  readonly oldestDueSeconds: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.attempts = new Counter({
      name: 'keyward_webhook_attempts_total',
      help: 'Attempts to send an event to an endpoint, by outcome: delivered or failed.',
      labelNames: ['outcome'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'keyward_webhook_attempt_seconds',
      help: 'Duration of an attempt to send an event, to the status of the response.',
      buckets: SECONDS,
      registers,
    });
    this.sending = new Gauge({ name: 'keyward_webhook_attempts_running', help: 'Attempts that are running in this process.', registers });
    this.due = new Gauge({
      name: 'keyward_webhook_deliveries_due',
      help: 'Deliveries of enabled endpoints that are due, over all processes, at most 100000. Measured every 15 s.',
      registers,
    });
    this.oldestDueSeconds = new Gauge({
      name: 'keyward_webhook_oldest_due_seconds',
      help: 'Time for which the oldest of these deliveries has been due. 0 if no delivery is due. Measured every 15 s.',
      registers,
    });
  }
}

import { Counter, Gauge, type Registry } from 'prom-client';

/** Metrics of the usage recorder. */
export class UsageMetrics {
  readonly failures: Counter;
  readonly dropped: Counter;

  /** @param rowsWaiting returns the number of rows that wait to be written */
  constructor(registry: Registry, rowsWaiting: () => number) {
    const registers = [registry];
    this.failures = new Counter({
      name: 'keyward_usage_write_failures_total',
      help: 'Failed attempts to write usage. The usage is kept and written by a later attempt.',
      registers,
    });
    this.dropped = new Counter({
      name: 'keyward_usage_dropped_total',
      help: 'Verifications that were not counted because too many rows were waiting to be written.',
      registers,
    });
    new Gauge({
      name: 'keyward_usage_rows_waiting',
      help: 'Usage rows, one for each key and hour, that wait to be written.',
      registers,
      collect() {
        this.set(rowsWaiting());
      },
    });
  }
}

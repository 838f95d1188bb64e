import { Counter, Histogram, type Registry } from 'prom-client';
import { VerificationCode } from '../usage/verification-code.js';

/** From 0.5 ms, the time of a single verification, to 5 s, the timeout of every request. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/** Metrics of verification. */
export class VerificationMetrics {
  readonly seconds: Histogram;
  readonly batchSize: Histogram;
  readonly bcryptComparisons: Counter;

  /** Plain numbers, read when the metrics are collected: a counter of prom-client costs 0.1 µs for each verification. */
  readonly #counts = Object.fromEntries(Object.values(VerificationCode).map((code) => [code, 0])) as Record<VerificationCode, number>;

  constructor(registry: Registry) {
    const registers = [registry];
    const counts = this.#counts;
    new Counter({
      name: 'keyward_verifications_total',
      help: 'Verifications by outcome.',
      labelNames: ['code'],
      registers,
      collect() {
        this.reset();
        for (const [code, count] of Object.entries(counts)) if (count > 0) this.inc({ code }, count);
      },
    });
    this.seconds = new Histogram({
      name: 'keyward_verification_seconds',
      help: 'Duration of a verification in seconds.',
      buckets: SECONDS,
      registers,
    });
    this.batchSize = new Histogram({
      name: 'keyward_verification_batch_size',
      help: 'Number of verifications that share one read of the database.',
      buckets: BATCH_SIZES,
      registers,
    });
    this.bcryptComparisons = new Counter({
      name: 'keyward_verification_bcrypt_total',
      help: 'Bcrypt comparisons of imported keys at their first use, with any result.',
      registers,
    });
  }

  /** Counts one verification. */
  count(code: VerificationCode): void {
    this.#counts[code] += 1;
  }
}

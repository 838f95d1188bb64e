import { Counter, Histogram, type Registry } from 'prom-client';

/** From 0.5 ms, the time of a single verification, to 5 s, the timeout of every request. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/** Metrics of verification. */
export class VerificationMetrics {
  readonly verifications: Counter<'code'>;
  readonly seconds: Histogram;
  readonly batchSize: Histogram;
  readonly bcryptComparisons: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.verifications = new Counter({
      name: 'keyward_verifications_total',
      help: 'Verifications by outcome.',
      labelNames: ['code'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'keyward_verification_seconds',
      help: 'Duration of a verification in seconds.',
      buckets: SECONDS,
      registers,
    });
    this.batchSize = new Histogram({
      name: 'keyward_verification_batch_size',
      help: 'Number of keys that one query looked up.',
      buckets: BATCH_SIZES,
      registers,
    });
    this.bcryptComparisons = new Counter({
      name: 'keyward_verification_bcrypt_total',
      help: 'Bcrypt comparisons of imported keys at their first use, with any result.',
      registers,
    });
  }
}

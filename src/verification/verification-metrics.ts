import { Counter, Histogram, type Registry } from 'prom-client';

/** From half a millisecond, which one takes that comes alone, to the five seconds after which no request goes on. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/** What can be watched of verification. */
export class VerificationMetrics {
  readonly verifications: Counter<'code'>;
  readonly seconds: Histogram;
  readonly batchSize: Histogram;
  readonly bcryptComparisons: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.verifications = new Counter({
      name: 'keyward_verifications_total',
      help: 'Verifications by their outcome.',
      labelNames: ['code'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'keyward_verification_seconds',
      help: 'Time from the question to the outcome.',
      buckets: SECONDS,
      registers,
    });
    this.batchSize = new Histogram({
      name: 'keyward_verification_batch_size',
      help: 'Verifications that share one read of the database.',
      buckets: BATCH_SIZES,
      registers,
    });
    this.bcryptComparisons = new Counter({
      name: 'keyward_verification_bcrypt_total',
      help: 'Imported keys that were compared by bcrypt at their first use, successfully or not.',
      registers,
    });
  }
}

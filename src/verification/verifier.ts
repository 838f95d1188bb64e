import { fingerprintOf } from '../api-keys/key-hash.js';
import { keyPrefixOf } from '../api-keys/plaintext-key.js';
import type { Clock } from '../platform/clock.js';
import { badUserInput } from '../platform/errors/keyward-error.js';
import { LogLimiter } from '../platform/log-limiter.js';
import type { Logger } from '../platform/logger.js';
import type { Budgets } from '../platform/rate-limit/window-counter.js';
import type { UsageRecorder } from '../usage/usage-recorder.js';
import type { KeyLookup } from './key-lookup.js';
import { type KeyRecord, type KnownVerification, type Verification, VerificationCode, type VerificationRequest } from './verification.js';
import { rejectionOf, requestFaults } from './verification-checks.js';
import type { VerificationMetrics } from './verification-metrics.js';

/** Verifies keys, for GraphQL and for the gateway endpoint. */
export class Verifier {
  readonly #keys: KeyLookup;
  readonly #rateLimits: Budgets;
  readonly #usage: UsageRecorder;
  readonly #metrics: VerificationMetrics;
  readonly #clock: Clock;
  readonly #rejections: LogLimiter;

  constructor(options: {
    keys: KeyLookup;
    rateLimits: Budgets;
    usage: UsageRecorder;
    metrics: VerificationMetrics;
    clock: Clock;
    logger: Logger;
  }) {
    this.#keys = options.keys;
    this.#rateLimits = options.rateLimits;
    this.#usage = options.usage;
    this.#metrics = options.metrics;
    this.#clock = options.clock;
    this.#rejections = new LogLimiter(options.logger, 'info', 'verification rejected');
  }

  /**
   * Verifies a key, logs a rejection and records the usage. The state of a key is never cached, so a change of its owner
   * applies to the next verification on every replica.
   *
   * @returns the outcome, also for a rejected key
   * @throws {KeywardError} BAD_USER_INPUT for an invalid request, SERVICE_UNAVAILABLE if too many imported keys wait for their
   *   comparison; the error of the database if it is unavailable
   */
  async verify(request: VerificationRequest): Promise<Verification> {
    const faults = requestFaults(request);
    if (faults.length > 0) throw badUserInput(faults);
    const startedAt = performance.now();
    const { plaintextKey, clientAddress } = request;
    const keyPrefix = keyPrefixOf(plaintextKey);
    const key =
      keyPrefix === null
        ? null
        : await this.#keys.find({ plaintextKey, keyPrefix, fingerprint: fingerprintOf(plaintextKey), clientAddress });
    const verification: Verification =
      key === null
        ? { code: keyPrefix === null ? VerificationCode.MALFORMED : VerificationCode.NOT_FOUND, key, rateLimit: null }
        : await this.#judge(key, request);
    const { code } = verification;
    this.#metrics.verifications.inc({ code });
    this.#metrics.seconds.observe((performance.now() - startedAt) / 1_000);
    if (code !== VerificationCode.VALID) {
      this.#rejections.log(code, { requestId: request.requestId, code, keyPrefix, keyId: key?.id });
    }
    return verification;
  }

  /** Logs the counts of rejections that were not logged yet. */
  close(): void {
    this.#rejections.close();
  }

  async #judge(key: KeyRecord, request: VerificationRequest): Promise<KnownVerification> {
    const now = this.#clock.now();
    const rejection = rejectionOf(key, request, now);
    const spending = rejection === null && key.rateLimit !== null ? await this.#rateLimits.spend(key.rateLimitId, key.rateLimit) : null;
    const isAllowed = rejection === null && spending?.allowed !== false;
    this.#usage.record({ keyId: key.id, at: now, allowed: isAllowed, ipAddress: request.ipAddress, userAgent: request.userAgent });
    return {
      code: isAllowed ? VerificationCode.VALID : (rejection ?? VerificationCode.RATE_LIMITED),
      key,
      rateLimit: key.rateLimit && spending && { ...key.rateLimit, ...spending },
    };
  }
}

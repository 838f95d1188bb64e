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
import { refusalOf, requestFaults } from './verification-checks.js';
import type { VerificationMetrics } from './verification-metrics.js';

/** Says whether a key may pass. Both doors, GraphQL and the gateway's, ask here. */
export class Verifier {
  readonly #keys: KeyLookup;
  readonly #rateLimits: Budgets;
  readonly #usage: UsageRecorder;
  readonly #metrics: VerificationMetrics;
  readonly #clock: Clock;
  readonly #refusals: LogLimiter;

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
    this.#refusals = new LogLimiter(options.logger, 'info', 'verification refused');
  }

  /**
   * A change that was acknowledged before a verification arrived applies to this verification, on every replica: a cached key
   * is used only after a read of the database confirmed that nothing has changed.
   *
   * @returns the outcome; a refusal is one too
   * @throws {KeywardError} BAD_USER_INPUT for a question that makes no sense, SERVICE_UNAVAILABLE while too many imported keys
   *   are compared; and what the database throws where it can't be asked
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
      this.#refusals.log(code, { requestId: request.requestId, code, keyPrefix, keyId: key?.id });
    }
    return verification;
  }

  /** Logs the refusals that were summed up and not reported yet. */
  close(): void {
    this.#refusals.close();
  }

  async #judge(key: KeyRecord, request: VerificationRequest): Promise<KnownVerification> {
    const now = this.#clock.now();
    const refusal = refusalOf(key, request, now);
    const spending = refusal === null && key.rateLimit !== null ? await this.#rateLimits.spend(key.rateLimitId, key.rateLimit) : null;
    const isAllowed = refusal === null && spending?.allowed !== false;
    this.#usage.record({ keyId: key.id, at: now, allowed: isAllowed, ipAddress: request.ipAddress, userAgent: request.userAgent });
    return {
      code: isAllowed ? VerificationCode.VALID : (refusal ?? VerificationCode.RATE_LIMITED),
      key,
      rateLimit: key.rateLimit && spending && { ...key.rateLimit, ...spending },
    };
  }
}

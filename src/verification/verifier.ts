import type { Clock } from '../platform/clock.js';
import { badUserInput } from '../platform/errors/keyward-error.js';
import { LogLimiter } from '../platform/log-limiter.js';
import type { Logger } from '../platform/logger.js';
import { fingerprintOf, isForeignText, keyPrefixOf } from '../platform/plaintext-key.js';
import type { Budgets } from '../platform/rate-limit/window-counter.js';
import type { UsageRecorder } from '../usage/usage-recorder.js';
import { type KnownCode, VerificationCode } from '../usage/verification-code.js';
import type { KeyEntry } from './key-entry.js';
import type { KeyLookup } from './key-lookup.js';
import { type Consumption, consumeRateLimits } from './key-rate-limits.js';
import type { KnownVerification, UnknownVerification, Verification, VerificationRequest } from './verification.js';
import { refusalDetailsOf, refusalOf, requestFaults } from './verification-checks.js';
import { type MessageDetails, messageOf } from './verification-message.js';
import type { VerificationMetrics } from './verification-metrics.js';

/** Longer texts are rejected before they are hashed. Every key of Keyward is shorter. */
const KEY_CHARACTERS_MAX = 255;

/** Receives the outcome of a verification. A callback, because a promise takes longer than the check of a cached key. */
export type OnVerified = (verification: Verification) => void;

/** Receives the error of a verification that has no outcome. */
export type OnFailed = (error: unknown) => void;

export interface VerifierDependencies {
  keys: KeyLookup;
  rateLimits: Budgets;
  usage: UsageRecorder;
  metrics: VerificationMetrics;
  clock: Clock;
  logger: Logger;
}

/** Decides whether a key is valid. Both endpoints, verifyApiKey and /verify, ask here. */
export class Verifier {
  readonly #deps: VerifierDependencies;
  readonly #refusals: LogLimiter;

  constructor(dependencies: VerifierDependencies) {
    this.#deps = dependencies;
    this.#refusals = new LogLimiter(dependencies.logger, 'info', 'verification rejected');
  }

  /**
   * Verifies a key. A change that was acknowledged before the verification arrived applies to it, on every replica: a cached key
   * is used only after a read of the database confirmed that nothing has changed.
   *
   * @param onVerified gets the outcome. A rejection is an outcome too
   * @param onFailed gets the reason for which the caller may not verify keys, BAD_USER_INPUT for an invalid question,
   *   SERVICE_UNAVAILABLE if too many verifications wait, and what the database throws if it cannot be asked
   */
  run(request: VerificationRequest, onVerified: OnVerified, onFailed: OnFailed): void {
    const faults = requestFaults(request);
    const startedAt = performance.now();
    const settle = (verification: Verification) => {
      this.#count(verification, request, startedAt);
      onVerified(verification);
    };
    if (faults.length > 0) request.permit.whenGranted(() => onFailed(badUserInput(faults)), onFailed);
    else if (request.plaintextKey.length > KEY_CHARACTERS_MAX) settleMalformed(request, settle, onFailed);
    else this.#find(request, settle, onFailed);
  }

  /** Verifies a key as `run` does, with a promise. */
  verify(request: VerificationRequest): Promise<Verification> {
    return new Promise((resolve, reject) => this.run(request, resolve, reject));
  }

  /** Logs the rejections that were counted and not logged yet. */
  close(): void {
    this.#refusals.close();
  }

  #find(request: VerificationRequest, settle: OnVerified, onFailed: OnFailed): void {
    const { plaintextKey, clientAddress, permit } = request;
    const fingerprint = fingerprintOf(plaintextKey);
    const { keys } = this.#deps;
    // A cached key had the form of a key when it was cached.
    const isOwn = keys.has(fingerprint) || keyPrefixOf(plaintextKey) !== null;
    const isForeign = !isOwn && isForeignText(plaintextKey);
    if (!isOwn && !isForeign) {
      settleMalformed(request, settle, onFailed);
      return;
    }
    // An error must not reach the lookup, which answers other verifications in the same turn.
    const onFound = (key: KeyEntry | null) => {
      try {
        if (key === null) settle(unknownKey(isForeign && keys.hasNoForeignKeys ? VerificationCode.MALFORMED : VerificationCode.NOT_FOUND));
        else this.#judge(key, request, settle, onFailed);
      } catch (error) {
        onFailed(error);
      }
    };
    keys.find({ plaintextKey, fingerprint, isForeign, clientAddress, permit }, onFound, onFailed);
  }

  #judge(key: KeyEntry, request: VerificationRequest, settle: OnVerified, onFailed: OnFailed): void {
    const nowMs = this.#deps.clock.now().getTime();
    const refusal = refusalOf(key, request, nowMs);
    if (refusal !== null) {
      settle(this.#known(key, request, refusal, nowMs, null, refusalDetailsOf(refusal, key, request, nowMs)));
      return;
    }
    const consumption = consumeRateLimits(this.#deps.rateLimits, key, request.dryRun);
    if (consumption === null) {
      settle(this.#known(key, request, VerificationCode.VALID, nowMs, null));
      return;
    }
    const onConsumed = ({ allowed, state }: Consumption) => {
      const code = allowed ? VerificationCode.VALID : VerificationCode.RATE_LIMITED;
      const policy = state.of === 'owner' ? key.policy?.name : undefined;
      settle(this.#known(key, request, code, nowMs, state, { policy, resetsInSeconds: state.resetsInSeconds }));
    };
    if (consumption instanceof Promise) consumption.then(onConsumed, onFailed);
    else onConsumed(consumption);
  }

  #known(
    key: KeyEntry,
    { ipAddress, userAgent, dryRun }: VerificationRequest,
    code: KnownCode,
    nowMs: number,
    rateLimit: KnownVerification['rateLimit'],
    details?: MessageDetails,
  ): KnownVerification {
    if (!dryRun) this.#deps.usage.record({ keyId: key.id, at: nowMs, code, ipAddress, userAgent }, key);
    return { code, message: messageOf(code, details), key, rateLimit };
  }

  #count({ code, key }: Verification, { requestId, plaintextKey }: VerificationRequest, startedAt: number): void {
    this.#deps.metrics.count(code);
    this.#deps.metrics.seconds.observe((performance.now() - startedAt) / 1_000);
    if (code === VerificationCode.VALID) return;
    this.#refusals.log(code, { requestId, code, keyPrefix: keyPrefixOf(plaintextKey), keyId: key?.id });
  }
}

/** Answers without a lookup of the key, when the permission is decided. */
const settleMalformed = ({ permit }: VerificationRequest, settle: OnVerified, onFailed: OnFailed): void =>
  permit.whenGranted(() => settle(unknownKey(VerificationCode.MALFORMED)), onFailed);

const unknownKey = (code: UnknownVerification['code']): UnknownVerification => ({
  code,
  message: messageOf(code),
  key: null,
  rateLimit: null,
});

import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet, type JWTHeaderParameters } from 'jose';
import type { Clock } from '../../platform/clock.js';
import { KeywardError } from '../../platform/errors/keyward-error.js';
import type { Logger } from '../../platform/logger.js';

/** Age at which the keys are fetched again, so that a key that the provider withdrew does not stay valid. */
const MAX_AGE_MS = 600_000;

/** Minimum interval between fetches caused by unknown key ids, which may be new keys. */
const COOLDOWN_MS = 30_000;

/** Interval between attempts while the keys are unavailable. */
const RETRY_SECONDS = 10;

/**
 * The public keys of an identity provider. They are fetched when first needed, kept, and fetched again when they are old or a
 * token names an unknown key. It replaces jose's createRemoteJWKSet, which drops old keys while the provider is unavailable and
 * does not limit its requests to an unavailable provider.
 */
export class KeySet {
  readonly #load: () => Promise<JSONWebKeySet>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #keys: ReturnType<typeof createLocalJWKSet> | null = null;
  #loadedAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #lastTryFailed = false;
  #loading: Promise<void> | null = null;

  constructor(options: { load: () => Promise<JSONWebKeySet>; clock: Clock; logger: Logger }) {
    this.#load = options.load;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /**
   * Finds the key for the signature of a token. Fetches the current keys if they are old or no known key matches.
   *
   * @param header header of the token. Only its `kid` and `alg` select the key; it never determines the source of keys
   * @returns the one key that matches
   * @throws {KeywardError} SERVICE_UNAVAILABLE if no known key matches and the current keys are unavailable
   * @throws {errors.JOSEError} if no key or more than one key matches (OpenID Connect Core §10.1 then requires a `kid`)
   */
  async find(header: JWTHeaderParameters): Promise<CryptoKey> {
    if (this.#nowMs() - this.#loadedAtMs > MAX_AGE_MS) await this.#reload();
    const known = this.#keys && (await findIn(this.#keys, header));
    if (known) return known;
    await this.#reload();
    // The token may be valid. A rejection would force its user to sign in again without need.
    if (!this.#keys || this.#lastTryFailed) throw unavailable();
    return this.#keys(header);
  }

  /** Fetches the current keys, unless the last attempt was too recent. If it fails, the old keys are kept. */
  #reload(): Promise<void> {
    const pauseMs = this.#lastTryFailed ? RETRY_SECONDS * 1_000 : COOLDOWN_MS;
    if (!this.#loading && this.#nowMs() - this.#triedAtMs >= pauseMs) {
      this.#triedAtMs = this.#nowMs();
      this.#loading = this.#loadNow().finally(() => {
        this.#loading = null;
      });
    }
    return this.#loading ?? Promise.resolve();
  }

  async #loadNow(): Promise<void> {
    try {
      this.#keys = createLocalJWKSet(await this.#load());
      this.#loadedAtMs = this.#nowMs();
      this.#lastTryFailed = false;
    } catch (error) {
      this.#lastTryFailed = true;
      this.#logger.warn({ err: error }, 'signing keys of the identity provider could not be loaded');
    }
  }

  #nowMs(): number {
    return this.#clock.now().getTime();
  }
}

async function findIn(keys: ReturnType<typeof createLocalJWKSet>, header: JWTHeaderParameters): Promise<CryptoKey | null> {
  try {
    return await keys(header);
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return null;
    throw error;
  }
}

const unavailable = () =>
  new KeywardError('SERVICE_UNAVAILABLE', 'The signing keys of the identity provider are unavailable. Try again soon.', {
    retryAfterSeconds: RETRY_SECONDS,
  });

import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet, type JWTHeaderParameters } from 'jose';
import type { Clock } from '../../platform/clock.js';
import { KeywardError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';

/** After so long the keys are asked for again, so that one that the provider withdrew is not good for ever. */
const MAX_AGE_MS = 600_000;

/** A key that we don't know may be new. So often it is looked for, however many tokens name unknown ones. */
const COOLDOWN_MS = 30_000;

/** So often it is tried while the keys can't be had. */
const RETRY_SECONDS = 10;

/**
 * The public keys of an identity provider: fetched when first needed, kept, and fetched again when they are old or a token
 * names an unknown one. jose's own createRemoteJWKSet drops its keys when they are old and the provider is down, and
 * doesn't bound how often it asks one that is.
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
   * @param header of a token; its `kid` and `alg` say which key, and nothing in it where from
   * @returns the one key that fits
   * @throws {KeywardError} SERVICE_UNAVAILABLE when it isn't among the known keys and the current ones can't be had
   * @throws {errors.JOSEError} where none fits, or more than one does (OpenID Connect Core §10.1: then a `kid` is required)
   */
  async find(header: JWTHeaderParameters): Promise<CryptoKey> {
    if (this.#nowMs() - this.#loadedAtMs > MAX_AGE_MS) await this.#reload();
    const known = this.#keys && (await findIn(this.#keys, header));
    if (known) return known;
    await this.#reload();
    // Whether the token is good can't be known. Saying that it isn't would send its user to sign in again, for nothing.
    if (!this.#keys || this.#lastTryFailed) throw unavailable();
    return this.#keys(header);
  }

  /** Gets the current keys, unless that was tried just now. When it fails, the old ones stay. */
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

import pg from 'pg';
import type { Registry } from 'prom-client';
import { databaseFault } from '../../platform/database/database-errors.js';
import { type Pool, timeoutsOf } from '../../platform/database/pool.js';
import { serviceUnavailable } from '../../platform/errors/keyward-error.js';
import { VERIFICATION_CACHE_LIMITS } from '../../platform/limits.js';
import type { Logger } from '../../platform/logger.js';
import type { Sealing } from '../../platform/sealing.js';
import { type Candidates, ForeignTexts } from '../foreign-texts.js';
import type { FoundRecord } from '../lookup-entry.js';
import { registerCacheMetrics } from './cache-metrics.js';
import { Entries } from './entries.js';
import { type Callback, LANES, type Lane, Unavailable } from './protocol.js';
import { pruneChanges } from './pruning.queries.js';
import { type LookupReply, readImportForms } from './read.queries.js';
import { ReadConnection } from './read-connection.js';
import { TriggerWatch } from './trigger-watch.js';
import { ValidatedCache } from './validated-cache.js';

const CHECK_MS = 60_000;
const EXPIRY_MS = 250;
const RETRY_AFTER_SECONDS = 1;

export interface CachedLookupOptions<Value> {
  url: string;
  /** Prunes the table of changes. The connections that read have its timeouts. */
  pool: Pool;
  logger: Logger;
  metrics: Registry;
  /** At most this many keys are cached. 0: none, every lookup reads its row. */
  keysMax: number;
  /** Returns what is kept of a key or a service token, such as a prepared answer. */
  install(record: FoundRecord): Value;
  /** Decrypts the secrets of imported keys. If absent, as in tests, keys with such a secret are not found before their first use. */
  sealing?: Pick<Sealing, 'open'>;
  /** Receives the number of verifications that share a read. */
  observeBatch?(verifications: number): void;
  /** Passed by tests only. */
  entries?: Entries<Value>;
}

/**
 * Returns the error of a lookup without an answer. What PostgreSQL itself rejected stays as it is. Everything else is a lost
 * connection, which the driver reports in many forms, so an unknown error is SERVICE_UNAVAILABLE too.
 */
export const errorOf = ({ reason, cause }: Unavailable): Error =>
  cause instanceof pg.DatabaseError || (cause && databaseFault(cause) !== null)
    ? cause
    : serviceUnavailable(RETRY_AFTER_SECONDS, cause ?? new Error(reason));

/** Finds keys by fingerprint, from memory where the database confirms that nothing has changed. */
export class CachedLookup<Value extends object> {
  readonly #options: CachedLookupOptions<Value>;
  readonly #cache: ValidatedCache<FoundRecord, Value>;
  readonly #watch: TriggerWatch;
  readonly #connections: Readonly<Record<Lane, ReadConnection>>;
  readonly #foreign: ForeignTexts;
  /** What the read in flight on each connection looks up by digest. */
  readonly #candidates: Record<Lane, Candidates>;
  /** Version of the forms that the reply which is being processed was computed for. */
  #answeredVersion = 0;
  #isStarted = false;
  #isScheduled = false;
  #expiry: NodeJS.Timeout | undefined;
  #checks: NodeJS.Timeout | undefined;

  constructor(options: CachedLookupOptions<Value>) {
    const { install, keysMax, logger, metrics } = options;
    this.#options = options;
    this.#foreign = new ForeignTexts({ sealing: options.sealing ?? { open: () => null }, logger });
    const none = this.#foreign.candidatesOf([]);
    this.#candidates = { changes: none, rows: none };
    this.#cache = new ValidatedCache({
      send: (read, verifications) => {
        options.observeBatch?.(verifications);
        const candidates = this.#foreign.candidatesOf(read.missing);
        this.#candidates[read.lane] = candidates;
        this.#connections[read.lane].send({ ...read, digests: [...candidates.fingerprints.keys()] });
      },
      install,
      entries: options.entries ?? new Entries(Math.max(1, keysMax)),
    });
    const trust = (isTrusted: boolean) => this.#cache.trust(isTrusted && keysMax > 0);
    this.#watch = new TriggerWatch({ cache: { trust, reset: () => this.#cache.reset() }, logger });
    this.#connections = { changes: this.#newConnection('changes'), rows: this.#newConnection('rows') };
    registerCacheMetrics(metrics, this.#cache);
  }

  /** Opens the connections. The first lookup does so if this was not called before. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    for (const lane of LANES) this.#connections[lane].open();
    this.#checks = setInterval(() => void this.#maintain(), CHECK_MS).unref();
  }

  /**
   * Reads the forms of imported keys. As every new connection does so too, it is needed only for a database that becomes unavailable
   * before the connections are open.
   */
  async readForms(pool: Pool): Promise<void> {
    this.#foreign.follow(await readImportForms(pool));
  }

  /** Whether both connections are open. */
  get isConnected(): boolean {
    return LANES.every((lane) => this.#connections[lane].client !== null);
  }

  /** Returns whether the key is in memory. */
  has(fingerprint: string): boolean {
    return this.#cache.has(fingerprint);
  }

  /** Whether no key of another system was imported, as far as this process knows. False if it knows nothing yet. */
  get hasNoForeignKeys(): boolean {
    return this.#foreign.areAbsent;
  }

  /**
   * Finds a key of Keyward, or a text that can be a key of another system, which is also looked up by the digests of the forms of
   * imported keys, in the same read.
   *
   * @param fingerprint SHA-256 of the text, in hex
   * @param callback as for `find`
   */
  findForeign(fingerprint: string, text: string, callback: Callback<Value>): void {
    this.#foreign.add(fingerprint, text);
    this.find(fingerprint, (answer) => {
      this.#foreign.remove(fingerprint);
      // The digests were computed for other forms than those that the read found.
      if (answer === null && this.#answeredVersion !== this.#foreign.version) this.findForeign(fingerprint, text, callback);
      else callback(answer);
    });
  }

  /**
   * Finds a key. The callback receives its value, null if no key has the fingerprint, or `Unavailable`. It is not called
   * before this function returns, except with `Unavailable`, and must not throw.
   *
   * @param fingerprint in hex; with its mark if it is of a service token
   */
  find(fingerprint: string, callback: Callback<Value>): void {
    this.start();
    this.#cache.ask(fingerprint, performance.now() + VERIFICATION_CACHE_LIMITS.waitingMsMax, callback);
    this.#schedule();
    this.#expiry ??= setTimeout(() => this.#expire(), EXPIRY_MS).unref();
  }

  /**
   * Returns the value of a key, or null if no key has the fingerprint.
   *
   * @param fingerprint in hex
   * @throws {KeywardError} SERVICE_UNAVAILABLE if there is no answer in time
   * @throws what the driver throws if the connection failed
   */
  load(fingerprint: string): Promise<Value | null> {
    return new Promise((resolve, reject) => {
      this.find(fingerprint, (answer) => {
        if (answer instanceof Unavailable) reject(errorOf(answer));
        else resolve(answer);
      });
    });
  }

  /** Compares the triggers now, as every minute. */
  async check(): Promise<void> {
    const { client } = this.#connections.rows;
    if (client) await this.#watch.check(client);
  }

  async close(): Promise<void> {
    clearInterval(this.#checks);
    clearTimeout(this.#expiry);
    await Promise.all(LANES.map((lane) => this.#connections[lane].close()));
    for (const lane of LANES) this.#cache.lost(lane);
    this.#cache.unreachable();
  }

  #newConnection(lane: Lane): ReadConnection {
    const { url, pool, logger } = this.#options;
    return new ReadConnection({
      url,
      lane,
      timeoutsMs: timeoutsOf(pool),
      logger,
      check: async (client) => {
        await this.#watch.check(client);
        this.#foreign.follow(await readImportForms(client));
      },
      onConnected: () => {
        this.#cache.connected(lane);
        this.#schedule();
      },
      onReply: (reply) => {
        this.#follow(lane, reply);
        this.#schedule();
      },
      onLost: (error) => this.#cache.lost(lane, error),
      onUnreachable: (error) => this.#cache.unreachable(error),
    });
  }

  #follow(lane: Lane, reply: LookupReply): void {
    const { fingerprints, version } = this.#candidates[lane];
    this.#answeredVersion = version;
    if (!reply.isStandby) this.#foreign.follow(reply.forms);
    if (reply.unusedKeys.length === 0) {
      this.#cache.answer(lane, reply);
      return;
    }
    const unused = reply.unusedKeys.flatMap((key) =>
      (fingerprints.get(key.digest) ?? []).map((fingerprint): [string, FoundRecord] => [
        fingerprint,
        { ...key, fingerprint, isTransient: true },
      ]),
    );
    // A key with the fingerprint itself comes first.
    this.#cache.answer(lane, { ...reply, rows: new Map([...unused, ...reply.rows]) });
  }

  /** Sends at the end of the event-loop turn, when every readable socket was read: its requests share the read. */
  #schedule(): void {
    if (this.#isScheduled || this.#cache.waiting === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#cache.flush();
    });
  }

  #expire(): void {
    this.#cache.expire(performance.now());
    this.#expiry = this.#cache.isBusy ? setTimeout(() => this.#expire(), EXPIRY_MS).unref() : undefined;
  }

  async #maintain(): Promise<void> {
    try {
      await this.check();
      const removed = await pruneChanges(this.#options.pool);
      if (removed > 0) this.#options.logger.debug({ removed }, 'verification changes pruned');
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'verification cache could not be checked');
    }
  }
}

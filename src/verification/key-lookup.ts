import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import { matchesHash } from '../api-keys/key-hash.js';
import { keyPrefixOf } from '../api-keys/plaintext-key.js';
import type { Database } from '../platform/database/client.js';
import { createPool, type Pool } from '../platform/database/pool.js';
import { COMPARISON_QUEUE_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import { HashQueue } from '../platform/queues/hash-queue.js';
import { queueNetworkOf } from '../platform/queues/network-turn.js';
import type { KeyEntry } from './key-entry.js';
import { findKeysByFingerprint, findKeysByPrefix, type ImportedKey } from './key-lookup.queries.js';
import type { VerificationMetrics } from './verification-metrics.js';

/** A verification waits for nothing longer than a gateway does for its answer. */
const TIMEOUTS_MS = { connect: 1_500, lock: 1_000, statement: 1_500, query: 2_000 };

const CONNECTIONS_MAX = 4;

/** Wrong secrets of imported keys that are remembered. A secret that does not match a hash never will. */
const MISMATCHES_MAX = 10_000;

/** Larger ones save the database little and let it wait (measured in docs/performance.md). */
const BATCH_MAX = 32;

/** The connections of verification alone: nothing else that goes on can keep it waiting for one. */
export const createVerificationPool = (url: string, logger: Logger): Pool =>
  createPool(url, logger, { applicationName: 'keyward verification', connectionsMax: CONNECTIONS_MAX, timeoutsMs: TIMEOUTS_MS });

/** A text that is presented as a key. */
export interface Presented {
  plaintextKey: string;
  /** SHA-256 of the plaintext key, in hex. */
  fingerprint: string;
  /** Address of the client if it is reliable; null if it is unknown. */
  clientAddress: string | null;
}

interface PresentedKey extends Presented {
  keyPrefix: string;
}

/**
 * Finds the keys that are presented. All verifications of one turn of the event loop become one query, by DataLoader; it
 * caches nothing, so each answer is what the database has committed by then.
 */
export class KeyLookup {
  readonly #database: Database;
  readonly #metrics: VerificationMetrics;
  readonly #keys: DataLoader<string, KeyEntry | null>;
  readonly #byPrefix: DataLoader<string, ImportedKey | null>;
  /** The next turn goes to the network that compared the fewest keys lately, so one that guesses waits behind the others. */
  readonly #comparisons = new HashQueue(COMPARISON_QUEUE_LIMITS);
  /** By hash and fingerprint: comparisons that are under way or waiting. */
  readonly #pending = new Map<string, Promise<boolean>>();
  readonly #mismatches = new LRUCache<string, true>({ max: MISMATCHES_MAX });

  constructor(options: { pool: Pool; database: Database; metrics: VerificationMetrics }) {
    const { pool, database, metrics } = options;
    this.#database = database;
    this.#metrics = metrics;
    this.#keys = batched(async (fingerprints) => {
      metrics.batchSize.observe(fingerprints.length);
      const keys = await findKeysByFingerprint(pool, fingerprints);
      return fingerprints.map((fingerprint) => keys.get(fingerprint) ?? null);
    });
    this.#byPrefix = batched(async (keyPrefixes) => {
      const keys = await findKeysByPrefix(pool, keyPrefixes);
      return keyPrefixes.map((keyPrefix) => keys.get(keyPrefix) ?? null);
    });
  }

  /** Returns whether the key of this fingerprint is in memory. */
  has(_fingerprint: string): boolean {
    return false;
  }

  /**
   * Finds a key that is presented.
   *
   * @param onFound gets null if there is no such key: its prefix is unknown, or its secret is wrong
   * @param onFailed gets what the database throws, and SERVICE_UNAVAILABLE if too many imported keys are being compared
   */
  find(presented: Presented, onFound: (key: KeyEntry | null) => void, onFailed: (error: unknown) => void): void {
    this.#find(presented).then(onFound, onFailed);
  }

  async #find(presented: Presented): Promise<KeyEntry | null> {
    const key = await this.#keys.load(presented.fingerprint);
    if (key !== null) return key;
    const keyPrefix = keyPrefixOf(presented.plaintextKey);
    return keyPrefix === null ? null : this.#findImport({ ...presented, keyPrefix });
  }

  /** Rejects the comparisons that wait. */
  close(): void {
    this.#comparisons.close();
  }

  /** Of an imported key nothing is stored but bcrypt's hash, until its first use: then it gets its fingerprint. */
  async #findImport(presented: PresentedKey): Promise<KeyEntry | null> {
    const imported = await this.#byPrefix.load(presented.keyPrefix);
    if (imported === null || !(await this.#matches(imported, presented))) return null;
    // Only now: the comparison took a while, in which the key may have been revoked.
    return this.#keys.load(presented.fingerprint);
  }

  async #matches({ id, hashedKey, fingerprint }: ImportedKey, presented: PresentedKey): Promise<boolean> {
    if (fingerprint !== null) return fingerprint === presented.fingerprint;
    const comparison = comparisonOf(hashedKey, presented.fingerprint);
    if (this.#mismatches.has(comparison)) return false;
    const network = queueNetworkOf(presented.clientAddress ?? '');
    const pending =
      this.#pending.get(comparison) ??
      this.#comparisons
        .run(() => this.#compare(presented), { network: `${id} ${network}`, provider: network })
        .finally(() => this.#pending.delete(comparison));
    this.#pending.set(comparison, pending);
    return pending;
  }

  async #compare({ plaintextKey, keyPrefix, fingerprint }: PresentedKey): Promise<boolean> {
    // While this one waited for its turn, the key may have been used, or removed.
    const imported = await this.#byPrefix.load(keyPrefix);
    if (imported === null || imported.fingerprint !== null) return imported?.fingerprint === fingerprint;
    this.#metrics.bcryptComparisons.inc();
    const { id, hashedKey } = imported;
    if (!(await matchesHash(plaintextKey, hashedKey))) {
      this.#mismatches.set(comparisonOf(hashedKey, fingerprint), true);
      return false;
    }
    await this.#database.apiKey.updateMany({ where: { id, fingerprint: null }, data: { fingerprint: Buffer.from(fingerprint, 'hex') } });
    return true;
  }
}

const comparisonOf = (hashedKey: string, fingerprint: string): string => `${hashedKey} ${fingerprint}`;

/** @param findAll finds each of the given, null where there is none, in the same order */
function batched<T>(findAll: (keys: readonly string[]) => Promise<(T | null)[]>): DataLoader<string, T | null> {
  return new DataLoader(findAll, { cache: false, maxBatchSize: BATCH_MAX, batchScheduleFn: turnByTurn() });
}

/**
 * A schedule for DataLoader: a batch goes out when all sockets that are readable in this turn were read (DataLoader's own
 * schedule ends it after each of them), or when it is full. The next one is begun only then, so that is when the last one
 * goes, and the database works on it while the turn goes on.
 */
function turnByTurn(): (dispatch: () => void) => void {
  let sendLast = () => {};
  return (dispatch) => {
    let isSent = false;
    const send = () => {
      if (!isSent) dispatch();
      isSent = true;
    };
    sendLast();
    sendLast = send;
    setImmediate(send);
  };
}

import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import { storeFingerprint } from '../api-keys/imported-keys.js';
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

/** Shorter than the timeouts of gateways. */
const TIMEOUTS_MS = { connect: 1_500, lock: 1_000, statement: 1_500, query: 2_000 };

const CONNECTIONS_MAX = 4;

/** Cached mismatches of imported keys. They stay correct: a secret that does not match a hash never will. */
const MISMATCHES_MAX = 10_000;

/** Larger batches save little work and start later (measured in docs/performance.md). */
const BATCH_MAX = 32;

/** Creates the pool of verification, so that no other work delays it. */
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
 * Finds presented keys. DataLoader combines all verifications of one turn of the event loop into one query. It caches nothing,
 * so each result is the last committed state.
 */
export class KeyLookup {
  readonly #database: Database;
  readonly #metrics: VerificationMetrics;
  readonly #keys: DataLoader<string, KeyEntry | null>;
  readonly #byPrefix: DataLoader<string, ImportedKey | null>;
  /** The network with the fewest recent comparisons has the next turn, so a network that guesses keys only delays itself. */
  readonly #comparisons = new HashQueue(COMPARISON_QUEUE_LIMITS);
  /** Running and waiting comparisons, by hash and fingerprint. */
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

  /** Rejects all waiting comparisons. */
  close(): void {
    this.#comparisons.close();
  }

  /** Of an imported key nothing is stored but bcrypt's hash, until its first use: then it gets its fingerprint. */
  async #findImport(presented: PresentedKey): Promise<KeyEntry | null> {
    const imported = await this.#byPrefix.load(presented.keyPrefix);
    if (imported === null || !(await this.#matches(imported, presented))) return null;
    // Loaded after the comparison, because the key may have been revoked during it.
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
    // Loaded again, because the key may have been used or removed while the comparison waited.
    const imported = await this.#byPrefix.load(keyPrefix);
    if (imported === null || imported.fingerprint !== null) return imported?.fingerprint === fingerprint;
    this.#metrics.bcryptComparisons.inc();
    const { id, hashedKey } = imported;
    if (!(await matchesHash(plaintextKey, hashedKey))) {
      this.#mismatches.set(comparisonOf(hashedKey, fingerprint), true);
      return false;
    }
    await storeFingerprint(this.#database, id, fingerprint);
    return true;
  }
}

const comparisonOf = (hashedKey: string, fingerprint: string): string => `${hashedKey} ${fingerprint}`;

/** @param findAll returns the item of each key, or null, in the same order */
function batched<T>(findAll: (keys: readonly string[]) => Promise<(T | null)[]>): DataLoader<string, T | null> {
  return new DataLoader(findAll, { cache: false, maxBatchSize: BATCH_MAX, batchScheduleFn: turnByTurn() });
}

/**
 * Creates a schedule for DataLoader. It dispatches a batch at the end of the event-loop turn, when all readable sockets have
 * been read, or when the batch is full. DataLoader's default dispatches after each socket. DataLoader opens the next batch
 * only when the previous one is full, so scheduling a batch dispatches the previous one at once.
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

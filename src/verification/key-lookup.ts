import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import { matchesHash } from '../api-keys/key-hash.js';
import type { Database } from '../platform/database/client.js';
import { createPool, type Pool } from '../platform/database/pool.js';
import { COMPARISON_QUEUE_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import { HashQueue } from '../platform/queues/hash-queue.js';
import { queueNetworkOf } from '../platform/queues/network-turn.js';
import { findKeysByPrefix, type ImportedKey } from './key-lookup.queries.js';
import type { KeyRecord } from './verification.js';
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

/** Finds keys by fingerprint: the cached lookup. */
export interface KeySource {
  load(fingerprint: string): Promise<KeyRecord | null>;
}

/** What is known of a key that a caller presents. */
export interface PresentedKey {
  plaintextKey: string;
  keyPrefix: string;
  /** SHA-256 of the plaintext key, in hex. */
  fingerprint: string;
  /** Of the client as far as it can be believed; null if unknown. */
  clientAddress: string | null;
}

/**
 * Finds the keys that are presented, by fingerprint. An imported key that was not used yet has no fingerprint. It is found by its
 * prefix and is never cached: all lookups of one turn of the event loop become one query, by DataLoader without its cache.
 */
export class KeyLookup {
  readonly #database: Database;
  readonly #metrics: VerificationMetrics;
  readonly #keys: KeySource;
  readonly #byPrefix: DataLoader<string, ImportedKey | null>;
  /** The next turn goes to the network that compared the fewest keys lately, so one that guesses waits behind the others. */
  readonly #comparisons = new HashQueue(COMPARISON_QUEUE_LIMITS);
  /** By hash and fingerprint: comparisons that are under way or waiting. */
  readonly #pending = new Map<string, Promise<boolean>>();
  readonly #mismatches = new LRUCache<string, true>({ max: MISMATCHES_MAX });

  constructor(options: { keys: KeySource; pool: Pool; database: Database; metrics: VerificationMetrics }) {
    const { keys, pool, database, metrics } = options;
    this.#database = database;
    this.#metrics = metrics;
    this.#keys = keys;
    this.#byPrefix = batched(async (keyPrefixes) => {
      const imported = await findKeysByPrefix(pool, keyPrefixes);
      return keyPrefixes.map((keyPrefix) => imported.get(keyPrefix) ?? null);
    });
  }

  /** @returns null where there is no such key: its prefix unknown, or its secret wrong */
  async find(presented: PresentedKey): Promise<KeyRecord | null> {
    return (await this.#keys.load(presented.fingerprint)) ?? this.#findImport(presented);
  }

  /** Rejects the comparisons that wait. */
  close(): void {
    this.#comparisons.close();
  }

  /** Of an imported key nothing is stored but bcrypt's hash, until its first use: then it gets its fingerprint. */
  async #findImport(presented: PresentedKey): Promise<KeyRecord | null> {
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

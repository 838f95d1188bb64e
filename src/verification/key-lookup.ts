import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import type { ImportFormRegistry } from '../api-keys/import-form-registry.js';
import { storeFingerprint } from '../api-keys/imported-keys.js';
import { matchesHash } from '../api-keys/key-hash.js';
import type { Database } from '../platform/database/client.js';
import { createPool, type Pool, type PoolTimeouts } from '../platform/database/pool.js';
import { COMPARISON_QUEUE_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import { keyPrefixOf } from '../platform/plaintext-key.js';
import { HashQueue } from '../platform/queues/hash-queue.js';
import { queueNetworkOf } from '../platform/queues/network-turn.js';
import { type CachedLookup, errorOf } from './cache/cached-lookup.js';
import { Unavailable } from './cache/protocol.js';
import type { KeyEntry } from './key-entry.js';
import { findKeysByPrefix, type ImportedKey } from './key-lookup.queries.js';
import type { LookupEntry } from './lookup-entry.js';
import type { Permit } from './permit.js';
import { ServiceTokenEntry } from './service-token-entry.js';
import { UnusedKey } from './unused-key.js';
import type { VerificationMetrics } from './verification-metrics.js';

const CONNECTIONS_MAX = 4;

/** Timeouts of every query of verification. They are shorter than the timeouts of gateways. */
const TIMEOUTS_MS = { connect: 1_500, lock: 1_000, statement: 1_500, query: 2_000 };

/** Cached mismatches of imported keys. They stay correct: a secret that does not match a hash never will. */
const MISMATCHES_MAX = 10_000;

/** Larger batches save little work and start later (measured in docs/performance.md). */
const BATCH_MAX = 32;

/** Creates the pool of verification, so that no other work delays it. @param timeoutsMs other timeouts than the usual ones, for tests */
export const createVerificationPool = (url: string, logger: Logger, timeoutsMs: Partial<PoolTimeouts> = {}): Pool =>
  createPool(url, logger, {
    applicationName: 'keyward verification',
    connectionsMax: CONNECTIONS_MAX,
    timeoutsMs: { ...TIMEOUTS_MS, ...timeoutsMs },
  });

/** A text that is presented as a key. */
export interface Presented {
  plaintextKey: string;
  /** SHA-256 of the plaintext key, in hex. */
  fingerprint: string;
  /** Whether it can be a key of another system, and is no key of Keyward. */
  isForeign: boolean;
  /** Address of the client if it is reliable; null if it is unknown. */
  clientAddress: string | null;
  /** Nothing is compared and answered before it is granted. */
  permit: Permit;
}

type OnFound = (key: KeyEntry | null) => void;

interface PresentedKey extends Presented {
  keyPrefix: string;
}

/**
 * Finds presented keys by their fingerprint, from memory if the database confirms that nothing has changed. An imported key has
 * no fingerprint before its first use. It is found by its prefix and is not cached: DataLoader combines the lookups of one turn
 * of the event loop into one query.
 */
export class KeyLookup {
  readonly #database: Database;
  readonly #metrics: VerificationMetrics;
  readonly #keys: CachedLookup<LookupEntry>;
  readonly #importForms: Pick<ImportFormRegistry, 'eraseUnneeded'> | undefined;
  readonly #byPrefix: DataLoader<string, ImportedKey | null>;
  /** The network with the fewest recent comparisons has the next turn, so a network that guesses keys only delays itself. */
  readonly #comparisons = new HashQueue(COMPARISON_QUEUE_LIMITS);
  /** Running and waiting comparisons, by hash and fingerprint. */
  readonly #pending = new Map<string, Promise<boolean>>();
  readonly #mismatches = new LRUCache<string, true>({ max: MISMATCHES_MAX });

  constructor(options: {
    keys: CachedLookup<LookupEntry>;
    pool: Pool;
    database: Database;
    metrics: VerificationMetrics;
    /** If absent, as in tests, the secrets of imported keys are kept. */
    importForms?: Pick<ImportFormRegistry, 'eraseUnneeded'>;
  }) {
    const { keys, pool, database, metrics, importForms } = options;
    this.#importForms = importForms;
    this.#database = database;
    this.#metrics = metrics;
    this.#keys = keys;
    const findAll = async (keyPrefixes: readonly string[]) => {
      const imported = await findKeysByPrefix(pool, keyPrefixes);
      return keyPrefixes.map((keyPrefix) => imported.get(keyPrefix) ?? null);
    };
    this.#byPrefix = new DataLoader(findAll, { cache: false, maxBatchSize: BATCH_MAX, batchScheduleFn: atEndOfTurn });
  }

  /** Returns whether the key with this fingerprint is in memory. */
  has(fingerprint: string): boolean {
    return this.#keys.has(fingerprint);
  }

  /** Whether no key of another system was imported, as far as this process knows. */
  get hasNoForeignKeys(): boolean {
    return this.#keys.hasNoForeignKeys;
  }

  /**
   * Finds a presented key.
   *
   * @param onFound gets null if there is no such key: its prefix is unknown, or its secret is wrong
   * @param onFailed gets the reason for which the caller may not verify keys, what the database throws, and SERVICE_UNAVAILABLE if
   *   too many verifications or comparisons wait
   */
  find(presented: Presented, onFound: OnFound, onFailed: (error: unknown) => void): void {
    const { fingerprint, plaintextKey, isForeign, permit } = presented;
    const onAnswer = (answer: LookupEntry | null | Unavailable) =>
      permit.whenGranted(() => this.#proceed(answer, presented, onFound, onFailed), onFailed);
    if (isForeign) this.#keys.findForeign(fingerprint, plaintextKey, onAnswer);
    else this.#keys.find(fingerprint, onAnswer);
  }

  /** Rejects all waiting comparisons. */
  close(): void {
    this.#comparisons.close();
  }

  #proceed(answer: LookupEntry | null | Unavailable, presented: Presented, onFound: OnFound, onFailed: (error: unknown) => void): void {
    if (answer instanceof Unavailable) {
      // A text that is damaged is no reason for a caller to try again.
      if (presented.isForeign && this.#keys.hasNoForeignKeys) onFound(null);
      else onFailed(errorOf(answer));
    }
    // Only a marked fingerprint finds a service token, so this is for the types.
    else if (answer instanceof ServiceTokenEntry) onFound(null);
    else if (answer instanceof UnusedKey) this.#use(answer, presented).then(onFound, onFailed);
    else if (answer !== null || presented.isForeign) onFound(answer);
    else this.#findImport(presented).then(onFound, onFailed);
  }

  /** Finds an imported key by its prefix. Only its bcrypt hash is stored before its first use, which stores its fingerprint. */
  async #findImport(presented: Presented): Promise<KeyEntry | null> {
    const keyPrefix = keyPrefixOf(presented.plaintextKey);
    const imported = keyPrefix === null ? null : await this.#byPrefix.load(keyPrefix);
    // A key of another system is not found by the key prefix that its import generated.
    if (imported === null || imported.importFormId !== null) return null;
    return (await this.#matches(imported, { ...presented, keyPrefix: imported.keyPrefix })) ? this.#loadUsed(presented) : null;
  }

  /** Stores the fingerprint of an imported key that was found by its digest. By bcrypt, its secret is compared first. */
  async #use(unused: UnusedKey, presented: Presented): Promise<KeyEntry | null> {
    if (!unused.beginsAs(presented.plaintextKey)) return null;
    if (unused.needsComparison) {
      if (!(await this.#matches({ ...unused, fingerprint: null }, { ...presented, keyPrefix: unused.keyPrefix }))) return null;
    } else await storeFingerprint(this.#database, unused.id, presented.fingerprint);
    // Nothing waits for it. What cannot be erased now is erased by the next import or first use of the form.
    if (unused.hasSecret) void this.#importForms?.eraseUnneeded(unused.importFormId).catch(() => false);
    return this.#loadUsed(presented);
  }

  /** Loads a key after its first use, because it may have been revoked meanwhile. */
  async #loadUsed({ fingerprint }: Presented): Promise<KeyEntry | null> {
    const key = await this.#keys.load(fingerprint);
    return key instanceof ServiceTokenEntry || key instanceof UnusedKey ? null : key;
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

/** DataLoader's default dispatches after each socket. At the end of the turn, all readable sockets have been read. */
const atEndOfTurn = (dispatch: () => void): void => void setImmediate(dispatch);

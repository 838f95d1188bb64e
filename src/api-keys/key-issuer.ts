import type { Users } from '../auth/accounts/users.js';
import type { Transaction } from '../platform/database/client.js';
import { isUniqueViolation } from '../platform/database/database-errors.js';
import type { Origin } from '../platform/origin.js';
import type { HashQueue } from '../platform/queues/hash-queue.js';
import { KeyedQueue } from '../platform/queues/keyed-queue.js';
import { turnOf } from '../platform/queues/network-turn.js';
import { fingerprintOf, hashKey } from './key-hash.js';
import { makePlaintextKey, type NewKey } from './plaintext-key.js';

/** Of 2³² prefixes one may be taken; three taken ones in a row are no accident. */
const PREFIX_TRIES = 3;

/** What is stored of a plaintext key. */
export interface KeyIdentity {
  keyPrefix: string;
  hashedKey: string;
  fingerprint: Uint8Array<ArrayBuffer>;
}

/** One way to issue a key. */
export interface Issue<T> {
  /** Refuses, without a lock and before anything is hashed, what is bound to be refused later. */
  check(): Promise<void>;
  /** Stores the key, in a transaction that holds its owner's row locked; refuses what the check was too early to see. */
  store(transaction: Transaction, identity: KeyIdentity): Promise<T>;
}

/** Makes plaintext keys and has them stored. */
export class KeyIssuer {
  readonly #users: Users;
  readonly #hashes: HashQueue;
  readonly #makeKey: () => NewKey;
  readonly #turns = new KeyedQueue();

  /** @param options.random given only by tests */
  constructor(options: { users: Users; hashes: HashQueue; namespace: string; random?: (bytes: number) => Buffer }) {
    this.#users = options.users;
    this.#hashes = options.hashes;
    this.#makeKey = () => makePlaintextKey(options.namespace, options.random);
  }

  /**
   * Issues a key. Those of one user wait for each other and are checked before they are hashed, so that a refused one costs
   * no hash; no hash runs under the lock.
   *
   * @returns the plaintext, which nobody can tell again, and what was stored
   * @throws what check and store throw; {KeywardError} SERVICE_UNAVAILABLE when too many wait
   */
  issue<T>(userId: string, origin: Origin, { check, store }: Issue<T>): Promise<{ plaintextKey: string; stored: T }> {
    return this.#turns.run(userId, async () => {
      await check();
      for (let tries = 1; ; tries += 1) {
        const { keyPrefix, plaintextKey } = this.#makeKey();
        const hashedKey = await this.#hashes.run(() => hashKey(plaintextKey), turnOf(origin.ipAddress));
        const identity = { keyPrefix, hashedKey, fingerprint: Buffer.from(fingerprintOf(plaintextKey), 'hex') };
        try {
          return { plaintextKey, stored: await this.#users.withLocked(userId, (transaction) => store(transaction, identity)) };
        } catch (error) {
          if (tries === PREFIX_TRIES || !isUniqueViolation(error, 'key_prefix')) throw error;
        }
      }
    });
  }
}

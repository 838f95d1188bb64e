import type { Users } from '../auth/accounts/users.js';
import type { RequestActor } from '../platform/actor.js';
import { inAnswerTime } from '../platform/answer-time.js';
import type { Transaction } from '../platform/database/client.js';
import { isUniqueViolation } from '../platform/database/database-errors.js';
import { fingerprintOf, makePlaintextKey, type NewKey } from '../platform/plaintext-key.js';
import type { HashQueue } from '../platform/queues/hash-queue.js';
import { KeyedQueue } from '../platform/queues/keyed-queue.js';
import { turnOf } from '../platform/queues/network-turn.js';
import { hashKey } from './key-hash.js';

/** Attempts to find an unused prefix among 2³². Three used ones in a row are no coincidence. */
const PREFIX_TRIES = 3;

/** The stored forms of a plaintext key. */
export interface KeyIdentity {
  keyPrefix: string;
  hashedKey: string;
  fingerprint: Uint8Array<ArrayBuffer>;
}

/** The steps of issuing a key. */
export interface Issue<T> {
  /** Cheap check without a lock, before the hash is computed. `store` repeats it under the lock. */
  check(): Promise<void>;
  /**
   * Stores the key, in a transaction that holds its owner's row locked. Repeats the check, because the state may have changed.
   */
  store(transaction: Transaction, identity: KeyIdentity): Promise<T>;
}

/** Generates plaintext keys and stores them. */
export class KeyIssuer {
  readonly #users: Users;
  readonly #hashes: HashQueue;
  readonly #makeKey: () => NewKey;
  readonly #turns = new KeyedQueue();

  /** @param options.random source of randomness, for tests only */
  constructor(options: { users: Users; hashes: HashQueue; namespace: string; random?: (bytes: number) => Buffer }) {
    this.#users = options.users;
    this.#hashes = options.hashes;
    this.#makeKey = () => makePlaintextKey(options.namespace, options.random);
  }

  /**
   * Issues a key. The keys of one user are issued one after another and checked before they are hashed, so that a rejected key
   * costs no hash. No hash runs under the lock.
   *
   * @returns the plaintext, which cannot be recovered later, and the stored key
   * @throws the errors of check and store; {KeywardError} SERVICE_UNAVAILABLE if too many requests are waiting
   */
  issue<T>(userId: string, actor: RequestActor, { check, store }: Issue<T>): Promise<{ plaintextKey: string; stored: T }> {
    return this.#turns.run(userId, async () => {
      await inAnswerTime(actor.source, check);
      for (let tries = 1; ; tries += 1) {
        const { keyPrefix, plaintextKey } = this.#makeKey();
        const hashedKey = await this.#hashes.run(() => hashKey(plaintextKey), turnOf(actor.source.ipAddress));
        const identity = { keyPrefix, hashedKey, fingerprint: Buffer.from(fingerprintOf(plaintextKey), 'hex') };
        try {
          const of = { id: userId, request: actor.source };
          const stored = await this.#users.withLocked(of, (transaction) => store(transaction, identity));
          return { plaintextKey, stored };
        } catch (error) {
          if (tries === PREFIX_TRIES || !isUniqueViolation(error, 'api_keys_key_prefix_key')) throw error;
        }
      }
    });
  }
}

import { createHash, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../platform/canonical-json.js';
import type { Clock } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import type { IdempotencyKey } from '../platform/database/generated/client.js';
import { badUserInput, KeywardError } from '../platform/errors/keyward-error.js';
import { IDEMPOTENCY_LIMITS } from '../platform/limits.js';
import { isVisibleAscii } from '../platform/text.js';
import { pruneIdempotencyKeys } from './idempotency-keys.queries.js';
import type { Issue } from './key-issuer.js';

/** A request that creates a key, as far as its repetition is recognised by it. */
export interface IdempotentRequest {
  operation: 'createApiKey' | 'rotateApiKey';
  /** Null or undefined if the client sent none: the request is then never a repetition. */
  key: string | null | undefined;
  /** Everything that the client asked for. Dates and numbers are allowed. */
  input: object;
}

type KeyedRequest = IdempotentRequest & { key: string; userId: string };

/** Protects one request from being a repetition. Does nothing without an idempotency key. */
export interface RepetitionGuard {
  /**
   * Looks up the idempotency key. The request is not checked in any other way before.
   *
   * @throws {KeywardError} CONFLICT with the ID of the created key for a repetition, BAD_USER_INPUT if the input is different
   */
  reject(userId: string): Promise<void>;
  /**
   * Adds to the steps of issuing a key: the lookup before each step, because a parallel request may have created the key since, and
   * storing the idempotency key in the transaction that stores the API key and holds the row of its owner locked.
   *
   * @param idOf returns the ID of the new API key
   */
  protect<T>(userId: string, issue: Issue<T>, idOf: (stored: T) => string): Issue<T>;
}

/** An idempotency key, as an export shows it. */
export type StoredIdempotencyKey = Pick<IdempotencyKey, 'operation' | 'key' | 'apiKeyId' | 'createdAt'>;

const NO_GUARD: RepetitionGuard = { reject: async () => undefined, protect: (_userId, issue) => issue };

/** Recognises the repetition of a request that created an API key. */
export class IdempotencyKeys {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(options: { database: Database; clock: Clock }) {
    this.#database = options.database;
    this.#clock = options.clock;
  }

  /** Returns the idempotency keys of a user that are still stored, newest first, without the hashes of the input. */
  listAll(userId: string): Promise<StoredIdempotencyKey[]> {
    const select = { operation: true, key: true, apiKeyId: true, createdAt: true };
    return this.#database.idempotencyKey.findMany({ where: { userId }, orderBy: { createdAt: 'desc' }, select });
  }

  /** Returns the guard of a request. @throws {KeywardError} BAD_USER_INPUT for an idempotency key with a wrong form */
  guard({ key, ...request }: IdempotentRequest): RepetitionGuard {
    if (key === null || key === undefined) return NO_GUARD;
    if (!isVisibleAscii(key) || key.length > IDEMPOTENCY_LIMITS.keyCharacters) {
      throw invalidKey(`must be 1 to ${IDEMPOTENCY_LIMITS.keyCharacters} visible ASCII characters, without spaces`);
    }
    const keyedBy = (userId: string): KeyedRequest => ({ ...request, key, userId });
    return {
      reject: (userId) => this.#reject(this.#database, keyedBy(userId)),
      protect: (userId, { check, store }, idOf) => ({
        check: async () => {
          await this.#reject(this.#database, keyedBy(userId));
          await check();
        },
        store: async (transaction, identity) => {
          await this.#reject(transaction, keyedBy(userId));
          const stored = await store(transaction, identity);
          await this.#record(transaction, keyedBy(userId), idOf(stored));
          return stored;
        },
      }),
    };
  }

  async #reject(database: Transaction, { input, ...id }: KeyedRequest): Promise<void> {
    const row = await database.idempotencyKey.findUnique({ where: { userId_operation_key: id } });
    if (!row || row.createdAt <= this.#oldest()) return;
    if (!isHashOf(input, row.inputHash)) throw invalidKey('was used with other input in the last 24 hours');
    const { apiKeyId } = row;
    throw new KeywardError('CONFLICT', 'A request with this idempotency key already created an API key.', { apiKeyId });
  }

  async #record(transaction: Transaction, { input, ...id }: KeyedRequest, apiKeyId: string): Promise<void> {
    const data = { inputHash: hashOf(input), apiKeyId, createdAt: this.#clock.now() };
    await transaction.idempotencyKey.upsert({ where: { userId_operation_key: id }, create: { ...id, ...data }, update: data });
    await pruneIdempotencyKeys(transaction, this.#oldest());
  }

  /** Returns the time up to which a row counts as absent. */
  #oldest(): Date {
    return new Date(this.#clock.now().getTime() - IDEMPOTENCY_LIMITS.keptSeconds * 1_000);
  }
}

const invalidKey = (message: string) => badUserInput([{ path: 'idempotencyKey', message }]);

const hashOf = (input: object) => createHash('sha256').update(canonicalJson(input)).digest() as Buffer<ArrayBuffer>;

/** Returns whether an input that was not checked yet has this hash. */
function isHashOf(input: object, hash: Uint8Array): boolean {
  try {
    return timingSafeEqual(hashOf(input), hash);
  } catch (error) {
    // The input is nested too deeply, so it never created a key.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

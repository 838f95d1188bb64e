import type { Users } from '../auth/users.js';
import type { Clock } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import { isUniqueViolation } from '../platform/database/faults.js';
import type { ApiKey } from '../platform/database/generated/client.js';
import { badUserInput, KeywardError } from '../platform/errors.js';
import type { HashQueue } from '../platform/hash-queue.js';
import { KeyedQueue } from '../platform/keyed-queue.js';
import type { Logger } from '../platform/logger.js';
import { logEntry, type Origin } from '../platform/origin.js';
import { shortTextFault } from '../platform/text.js';
import { isUuid } from '../platform/uuid.js';
import { fingerprintOf, hashKey } from './key-hash.js';
import { makePlaintextKey, type NewKey } from './plaintext-key.js';
import { columnsOf, type KeyColumns, type KeySettings } from './settings.js';
import { type ApiKeyStatus, statusOf, usableAt } from './status.js';

export type { ApiKey };

const REASON_CHARACTERS_MAX = 500;

/** Of 2³² prefixes one may be taken; three taken ones in a row are no accident. */
const PREFIX_TRIES = 3;

export interface CreatedKey {
  apiKey: ApiKey;
  /** Shown once. Nobody can tell it again, we included. */
  plaintextKey: string;
}

/** The life of the users' API keys. */
export class ApiKeyService {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #users: Users;
  readonly #hashes: HashQueue;
  readonly #logger: Logger;
  readonly #keysPerUserMax: number;
  readonly #makeKey: () => NewKey;
  readonly #creates = new KeyedQueue();

  constructor(options: {
    database: Database;
    clock: Clock;
    users: Users;
    hashes: HashQueue;
    logger: Logger;
    keysPerUserMax: number;
    namespace: string;
    random?: (bytes: number) => Buffer;
  }) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#users = options.users;
    this.#hashes = options.hashes;
    this.#logger = options.logger;
    this.#keysPerUserMax = options.keysPerUserMax;
    this.#makeKey = () => makePlaintextKey(options.namespace, options.random);
  }

  /** @returns the user's usable keys, newest first */
  listUsable(userId: string): Promise<ApiKey[]> {
    return this.#database.apiKey.findMany({
      where: { userId, ...usableAt(this.#clock.now()) },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    });
  }

  /** @returns what the key is good for now */
  statusOf(key: ApiKey): ApiKeyStatus {
    return statusOf(key, this.#clock.now());
  }

  /** @throws {KeywardError} NOT_FOUND, FORBIDDEN for somebody else's */
  get(userId: string, id: string, origin: Origin): Promise<ApiKey> {
    return this.#findOwn(this.#database, userId, id, origin);
  }

  /**
   * Makes a key. The creates of one user wait for each other and look at the limit before they hash, so that a refused
   * one costs no hash; the last look, and the insert, happen under the lock of the user's row, where no hash runs.
   *
   * @throws {KeywardError} BAD_USER_INPUT, API_KEY_LIMIT_REACHED
   */
  async create(userId: string, settings: KeySettings, origin: Origin): Promise<CreatedKey> {
    const columns = columnsOf(settings, this.#clock.now());
    const created = await this.#creates.run(userId, async () => {
      await this.#refuseAtLimit(this.#database, userId);
      return this.#insert(userId, columns);
    });
    this.#logger.info({ ...logEntry(origin), userId, keyPrefix: created.apiKey.keyPrefix }, 'API key created');
    return created;
  }

  /**
   * Changes a key; what the settings leave out stays as it is. Takes effect with the next verification.
   *
   * @throws {KeywardError} BAD_USER_INPUT, NOT_FOUND, FORBIDDEN for somebody else's, CONFLICT for a key that has ended
   */
  async update(userId: string, id: string, settings: KeySettings, origin: Origin): Promise<ApiKey> {
    const columns = columnsOf(settings, this.#clock.now());
    const key = await this.#users.withLocked(userId, async (transaction) => {
      await this.#findOwn(transaction, userId, id, origin);
      // The guard is in the statement itself: nothing brings an ended key back or lengthens it.
      const [updated] = await transaction.apiKey.updateManyAndReturn({
        where: { id, ...usableAt(this.#clock.now()) },
        data: columns,
      });
      if (!updated) throw new KeywardError('CONFLICT', 'This API key has been revoked or has expired, so it can not be changed.');
      return updated;
    });
    const changed = Object.keys(columns);
    this.#logger.info({ ...logEntry(origin), userId, keyPrefix: key.keyPrefix, changed }, 'API key updated');
    return key;
  }

  /**
   * Revokes a key for good. Revoking it again changes nothing and answers as the first time.
   *
   * @throws {KeywardError} BAD_USER_INPUT, NOT_FOUND, FORBIDDEN for somebody else's
   */
  async revoke(userId: string, id: string, reason: string | null, origin: Origin): Promise<ApiKey> {
    const fault = reason === null ? null : shortTextFault(reason, REASON_CHARACTERS_MAX);
    if (fault !== null) throw badUserInput([{ path: 'reason', message: fault }]);
    const now = this.#clock.now();
    const { key, isNew } = await this.#users.withLocked(userId, async (transaction) => {
      const found = await this.#findOwn(transaction, userId, id, origin);
      if (found.revokedAt !== null) return { key: found, isNew: false };
      const data = { revokedAt: now, revokedReason: reason };
      return { key: await transaction.apiKey.update({ where: { id, revokedAt: null }, data }), isNew: true };
    });
    if (isNew) this.#logger.info({ ...logEntry(origin), userId, keyPrefix: key.keyPrefix }, 'API key revoked');
    return key;
  }

  async #insert(userId: string, columns: KeyColumns): Promise<CreatedKey> {
    for (let tries = 1; ; tries += 1) {
      const { keyPrefix, plaintextKey } = this.#makeKey();
      const hashedKey = await this.#hashes.run(() => hashKey(plaintextKey));
      try {
        const apiKey = await this.#users.withLocked(userId, async (transaction) => {
          await this.#refuseAtLimit(transaction, userId);
          const fingerprint = Buffer.from(fingerprintOf(plaintextKey), 'hex');
          return transaction.apiKey.create({
            data: { ...columns, userId, keyPrefix, hashedKey, fingerprint, createdAt: this.#clock.now() },
          });
        });
        return { apiKey, plaintextKey };
      } catch (error) {
        if (tries === PREFIX_TRIES || !isUniqueViolation(error, 'key_prefix')) throw error;
      }
    }
  }

  async #refuseAtLimit(database: Transaction, userId: string): Promise<void> {
    const limit = this.#keysPerUserMax;
    if ((await database.apiKey.count({ where: { userId, ...usableAt(this.#clock.now()) } })) < limit) return;
    throw new KeywardError('API_KEY_LIMIT_REACHED', `You can have at most ${limit} usable API keys. Revoke one first.`, { limit });
  }

  async #findOwn(database: Transaction, userId: string, id: string, origin: Origin): Promise<ApiKey> {
    const key = isUuid(id) ? await database.apiKey.findUnique({ where: { id } }) : null;
    if (!key) throw new KeywardError('NOT_FOUND', 'There is no such API key.');
    if (key.userId !== userId) {
      this.#logger.warn({ ...logEntry(origin), userId, keyPrefix: key.keyPrefix }, "refused: somebody else's API key");
      throw new KeywardError('FORBIDDEN', 'This API key belongs to somebody else.');
    }
    return key;
  }
}

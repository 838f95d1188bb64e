import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../../platform/clock.js';
import type { Database, Transaction } from '../../platform/database/client.js';
import type { User } from './users.js';

const TOKEN_BYTES = 32;
const LIFETIME_MS = 3_600_000;

/** A token at the only moment at which it is known. */
export interface IssuedResetToken {
  /** Shown once: only its SHA-256 is stored. 256 random bits need no salt. */
  token: string;
  expiresAt: Date;
}

const hashOf = (token: string): Uint8Array<ArrayBuffer> => Buffer.from(hash('sha256', token, 'hex'), 'hex');

/** One-time tokens to set a new password with: good for an hour, and of one user only the latest. */
export class ResetTokens {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(options: { database: Database; clock: Clock }) {
    this.#database = options.database;
    this.#clock = options.clock;
  }

  /** Makes a token, in a transaction that holds the user locked; those that the user had are good no more. */
  async issue(transaction: Transaction, userId: string): Promise<IssuedResetToken> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const expiresAt = new Date(this.#clock.now().getTime() + LIFETIME_MS);
    await this.discard(transaction, userId);
    await transaction.resetToken.create({ data: { hash: hashOf(token), userId, expiresAt } });
    return { token, expiresAt };
  }

  /** Deletes the user's tokens, in the transaction of what makes them invalid. */
  async discard(transaction: Transaction, userId: string): Promise<void> {
    await transaction.resetToken.deleteMany({ where: { userId } });
  }

  /** @returns whom the token lets in; null for one that isn't good (any more). It stays good. */
  async find(token: string): Promise<User | null> {
    const found = await this.#database.resetToken.findUnique({ where: { hash: hashOf(token) }, include: { user: true } });
    return found && found.expiresAt > this.#clock.now() && found.user.disabledAt === null ? found.user : null;
  }

  /**
   * Takes the token, in the transaction of what it is taken for.
   *
   * @returns whether it was good: of any number of parallel uses one is
   */
  async take(transaction: Transaction, token: string): Promise<boolean> {
    const where = { hash: hashOf(token), expiresAt: { gt: this.#clock.now() } };
    return (await transaction.resetToken.deleteMany({ where })).count === 1;
  }
}

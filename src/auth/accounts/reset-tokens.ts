import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../../platform/clock.js';
import type { Database, Transaction } from '../../platform/database/client.js';
import type { User } from './users.js';

const TOKEN_BYTES = 32;
const LIFETIME_MS = 3_600_000;

/** A new password reset token with its plaintext. */
export interface IssuedResetToken {
  /** Returned once, because only its SHA-256 is stored. 256 random bits need no salt. */
  token: string;
  expiresAt: Date;
}

const hashOf = (token: string): Uint8Array<ArrayBuffer> => Buffer.from(hash('sha256', token, 'hex'), 'hex');

/** One-time password reset tokens. A token is valid for an hour; a new token of a user replaces the previous one. */
export class ResetTokens {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(options: { database: Database; clock: Clock }) {
    this.#database = options.database;
    this.#clock = options.clock;
  }

  /** Creates a token, in a transaction that holds the user's row locked, and deletes the earlier tokens of the user. */
  async issue(transaction: Transaction, userId: string): Promise<IssuedResetToken> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const expiresAt = new Date(this.#clock.now().getTime() + LIFETIME_MS);
    await this.discard(transaction, userId);
    await transaction.resetToken.create({ data: { hash: hashOf(token), userId, expiresAt } });
    return { token, expiresAt };
  }

  /** Deletes the user's tokens, in the transaction of the change that invalidates them. */
  async discard(transaction: Transaction, userId: string): Promise<void> {
    await transaction.resetToken.deleteMany({ where: { userId } });
  }

  /** Returns the owner of a valid token, without consuming it; null if it is unknown or expired or its user is disabled. */
  async find(token: string): Promise<User | null> {
    const found = await this.#database.resetToken.findUnique({ where: { hash: hashOf(token) }, include: { user: true } });
    return found && found.expiresAt > this.#clock.now() && found.user.disabledAt === null ? found.user : null;
  }

  /**
   * Consumes the token, in the transaction of the change that it authorizes.
   *
   * @returns whether the token was valid; for parallel uses of one token, true exactly once
   */
  async take(transaction: Transaction, token: string): Promise<boolean> {
    const where = { hash: hashOf(token), expiresAt: { gt: this.#clock.now() } };
    return (await transaction.resetToken.deleteMany({ where })).count === 1;
  }
}

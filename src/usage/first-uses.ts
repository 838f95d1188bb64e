import type { Database, Transaction } from '../platform/database/client.js';

/** A key that was probably used for the first time. */
export interface FirstUse {
  keyId: string;
  at: Date;
}

/** Reads and removes the first uses that the usage recorder noted. */
export class FirstUses {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Returns a page of noted uses, in the order of the ids of their keys. @param after the last key of the previous page */
  page(after: string | null, limit: number): Promise<FirstUse[]> {
    return this.#database.apiKeyFirstUse.findMany({
      ...(after !== null && { where: { keyId: { gt: after } } }),
      orderBy: { keyId: 'asc' },
      take: limit,
    });
  }

  /** Removes noted uses in the transaction that handles them. */
  async remove(transaction: Transaction, keyIds: readonly string[]): Promise<void> {
    await transaction.apiKeyFirstUse.deleteMany({ where: { keyId: { in: [...keyIds] } } });
  }
}

import type { Database } from '../platform/database/client.js';
import type { Sealing } from '../platform/sealing.js';
import { lockEndpoint } from './webhook-endpoints.queries.js';

/** Encrypts the secrets of webhooks again with the newest of APP_SECRETS, so that an older one can be removed. */
export class SecretReencryption {
  readonly #deps: { database: Database; sealing: Sealing };

  constructor(deps: { database: Database; sealing: Sealing }) {
    this.#deps = deps;
  }

  /**
   * Encrypts every secret that the newest of APP_SECRETS does not already encrypt.
   *
   * @returns the number of endpoints that were changed, and of those with a secret that none of APP_SECRETS decrypts
   */
  async run(): Promise<{ resealed: number; unreadable: number }> {
    const endpoints = await this.#deps.database.webhookEndpoint.findMany({ select: { id: true }, orderBy: { id: 'asc' } });
    const counts = { resealed: 0, unreadable: 0 };
    for (const { id } of endpoints) {
      const result = await this.#reencrypt(id);
      if (result !== 'unchanged') counts[result] += 1;
    }
    return counts;
  }

  async #reencrypt(id: string): Promise<'unchanged' | 'resealed' | 'unreadable'> {
    return this.#deps.database.$transaction(async (transaction) => {
      // A rotation at the same time waits.
      await lockEndpoint(transaction, id);
      const endpoint = await transaction.webhookEndpoint.findUnique({ where: { id } });
      if (!endpoint) return 'unchanged';
      const { sealedSecret, previousSealedSecret } = endpoint;
      const stored = previousSealedSecret ? [sealedSecret, previousSealedSecret] : [sealedSecret];
      if (stored.every((sealed) => this.#deps.sealing.isCurrent(sealed))) return 'unchanged';
      const [current, previous] = stored.map((sealed) => this.#sealAgain(sealed, id));
      if (current === null || previous === null) return 'unreadable';
      await transaction.webhookEndpoint.update({
        where: { id },
        data: { ...(current && { sealedSecret: current }), ...(previous && { previousSealedSecret: previous }) },
      });
      return 'resealed';
    });
  }

  #sealAgain(sealed: Uint8Array, id: string): Uint8Array<ArrayBuffer> | null {
    const secret = this.#deps.sealing.open(sealed, id);
    return secret && new Uint8Array(this.#deps.sealing.seal(secret, id));
  }
}

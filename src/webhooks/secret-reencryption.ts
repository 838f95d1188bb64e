import type { Database } from '../platform/database/client.js';
import { KeywardError } from '../platform/errors/keyward-error.js';
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
   * @returns the number of endpoints that were changed, and of all endpoints
   * @throws {KeywardError} CONFLICT if a secret cannot be decrypted with any of APP_SECRETS; the endpoints before it are changed
   */
  async run(): Promise<{ changed: number; endpoints: number }> {
    const endpoints = await this.#deps.database.webhookEndpoint.findMany({ select: { id: true }, orderBy: { id: 'asc' } });
    let changed = 0;
    for (const { id } of endpoints) if (await this.#reencrypt(id)) changed += 1;
    return { changed, endpoints: endpoints.length };
  }

  async #reencrypt(id: string): Promise<boolean> {
    return this.#deps.database.$transaction(async (transaction) => {
      // A rotation at the same time waits.
      await lockEndpoint(transaction, id);
      const endpoint = await transaction.webhookEndpoint.findUnique({ where: { id } });
      if (!endpoint) return false;
      const { sealedSecret, previousSealedSecret } = endpoint;
      const stored = previousSealedSecret ? [sealedSecret, previousSealedSecret] : [sealedSecret];
      if (stored.every((sealed) => this.#deps.sealing.isCurrent(sealed))) return false;
      const [current, previous] = stored.map((sealed) => this.#sealAgain(sealed, id));
      await transaction.webhookEndpoint.update({
        where: { id },
        data: { ...(current && { sealedSecret: current }), ...(previous && { previousSealedSecret: previous }) },
      });
      return true;
    });
  }

  #sealAgain(sealed: Uint8Array, id: string): Uint8Array<ArrayBuffer> {
    const secret = this.#deps.sealing.open(sealed, id);
    if (!secret) {
      throw new KeywardError(
        'CONFLICT',
        `The secret of the webhook endpoint ${id} cannot be decrypted. Add the earlier secret to APP_SECRETS, or rotate the secret of the endpoint.`,
      );
    }
    return new Uint8Array(this.#deps.sealing.seal(secret, id));
  }
}

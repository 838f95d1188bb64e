import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import type { Sealing } from '../platform/sealing.js';
import { lockEndpoint } from './webhook-endpoints.queries.js';

/** Encrypts the secrets of webhooks again with the newest of APP_SECRETS, so that an older one can be removed. */
export class SecretReencryption {
  readonly #deps: { database: Database; clock: Clock; sealing: Sealing };

  constructor(deps: { database: Database; clock: Clock; sealing: Sealing }) {
    this.#deps = deps;
  }

  /**
   * Encrypts every secret that the newest of APP_SECRETS does not already encrypt. Removes the secrets before a rotation that no longer sign.
   *
   * @returns the number of endpoints that were changed, and of those with a secret that none of APP_SECRETS decrypts
   */
  async run(): Promise<{ resealed: number; unreadable: number }> {
    const endpoints = await this.#deps.database.webhookEndpoint.findMany({ select: { id: true }, orderBy: { id: 'asc' } });
    const counts = { resealed: 0, unreadable: 0 };
    for (const { id } of endpoints) {
      const { isChanged, isUnreadable } = await this.#reencrypt(id);
      if (isChanged) counts.resealed += 1;
      if (isUnreadable) counts.unreadable += 1;
    }
    return counts;
  }

  async #reencrypt(id: string): Promise<{ isChanged: boolean; isUnreadable: boolean }> {
    return this.#deps.database.$transaction(async (transaction) => {
      // A rotation at the same time waits.
      await lockEndpoint(transaction, id);
      const endpoint = await transaction.webhookEndpoint.findUnique({ where: { id } });
      if (!endpoint) return { isChanged: false, isUnreadable: false };
      const { sealedSecret, previousSealedSecret, previousSecretExpiresAt } = endpoint;
      const hasEnded = previousSecretExpiresAt !== null && previousSecretExpiresAt <= this.#deps.clock.now();
      const current = this.#sealAgain(sealedSecret, id);
      const previous = previousSealedSecret && !hasEnded ? this.#sealAgain(previousSealedSecret, id) : null;
      const data = {
        ...(current && current !== sealedSecret && { sealedSecret: current }),
        ...(previous && previous !== previousSealedSecret && { previousSealedSecret: previous }),
        ...(hasEnded && { previousSealedSecret: null, previousSecretExpiresAt: null }),
      };
      const isChanged = Object.keys(data).length > 0;
      if (isChanged) await transaction.webhookEndpoint.update({ where: { id }, data });
      // After an application secret was lost, the new secret of a rotation is readable, and the one before is not.
      const isUnreadable = current === null || (previousSealedSecret !== null && !hasEnded && previous === null);
      return { isChanged, isUnreadable };
    });
  }

  /** Returns the same bytes if the newest of APP_SECRETS encrypted them; null if none of APP_SECRETS did. */
  #sealAgain(sealed: Uint8Array<ArrayBuffer>, id: string): Uint8Array<ArrayBuffer> | null {
    const { sealing } = this.#deps;
    if (sealing.isCurrent(sealed)) return sealed;
    const secret = sealing.open(sealed, id);
    return secret && sealing.seal(secret, id);
  }
}

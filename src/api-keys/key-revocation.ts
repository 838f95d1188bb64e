import { AuditAction } from '../audit/audit-entry.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import type { Users } from '../auth/accounts/users.js';
import { type Actor, actorFields, OPERATOR, type RequestActor } from '../platform/actor.js';
import type { Clock } from '../platform/clock.js';
import type { Transaction } from '../platform/database/client.js';
import { badUserInput, KeywardError } from '../platform/errors/keyward-error.js';
import { BULK_REVOCATION_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import { shortTextFault } from '../platform/text.js';
import { findPolicyOf } from '../policies/policy-finder.js';
import type { ApiKey, ApiKeyService } from './api-key-service.js';
import { usableAt } from './api-key-status.js';

export const REASON_CHARACTERS_MAX = 500;

interface Dependencies {
  apiKeys: ApiKeyService;
  users: Users;
  clock: Clock;
  audit: AuditRecorder;
  logger: Logger;
}

/** Revokes API keys. */
export class KeyRevocation {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Revokes a key permanently. Revoking a revoked key changes nothing and returns the same result.
   *
   * @throws {KeywardError} BAD_USER_INPUT, NOT_FOUND, FORBIDDEN for a key of another user
   */
  async revoke(userId: string, id: string, reason: string | null, actor: RequestActor): Promise<ApiKey> {
    refuseBadReason(reason);
    // Checked before the lock, so that a rejected request delays no others. The owner of a key never changes.
    await this.#deps.apiKeys.get(userId, id, actor);
    return this.#revoke(userId, id, reason, actor);
  }

  /** Revokes a key of any user, for the operator. Otherwise like revoke. */
  revokeAny({ userId, id }: ApiKey): Promise<ApiKey> {
    return this.#revoke(userId, id, null, OPERATOR);
  }

  /**
   * Revokes those of a user's keys that are usable, each with its audit event, in one transaction.
   *
   * @param reason checked by refuseBadReason
   * @returns the revoked keys; none if the user was deleted
   */
  async revokeUsable(userId: string, ids: readonly string[], reason: string | null, actor: Actor): Promise<ApiKey[]> {
    const { users, clock, audit } = this.#deps;
    const revoke = async (transaction: Transaction) => {
      const policy = await findPolicyOf(transaction, userId);
      const now = clock.now();
      const keys = await transaction.apiKey.updateManyAndReturn({
        where: { id: { in: [...ids] }, userId, AND: usableAt(now, policy) },
        data: { revokedAt: now, revokedReason: reason },
      });
      await audit.record(transaction, keys.map(entryOf), actor);
      return keys;
    };
    const revoked = await users
      .withLocked(userId, revoke, { alsoDisabled: true, lockWaitMs: BULK_REVOCATION_LIMITS.lockWaitMsMax })
      .catch((error: unknown) => {
        if (error instanceof KeywardError && error.code === 'UNAUTHENTICATED') return [];
        throw error;
      });
    for (const key of revoked) this.#log(actor, key);
    return revoked;
  }

  async #revoke(userId: string, id: string, reason: string | null, actor: Actor): Promise<ApiKey> {
    const { users, clock, audit } = this.#deps;
    const revoke = async (transaction: Transaction) => {
      const before = await transaction.apiKey.findUniqueOrThrow({ where: { id } });
      if (before.revokedAt !== null) return { key: before, isNew: false };
      const data = { revokedAt: clock.now(), revokedReason: reason };
      const revoked = await transaction.apiKey.update({ where: { id, revokedAt: null }, data });
      await audit.record(transaction, entryOf(revoked), actor);
      return { key: revoked, isNew: true };
    };
    const { key, isNew } = await users.withLocked(userId, revoke, { alsoDisabled: actor.kind === 'operator' });
    if (isNew) this.#log(actor, key);
    return key;
  }

  #log(actor: Actor, { userId, keyPrefix }: ApiKey): void {
    this.#deps.logger.info({ ...actorFields(actor), userId, keyPrefix }, 'API key revoked');
  }
}

/** @throws {KeywardError} BAD_USER_INPUT */
export function refuseBadReason(reason: string | null): void {
  const fault = reason === null ? null : shortTextFault(reason, REASON_CHARACTERS_MAX);
  if (fault !== null) throw badUserInput([{ path: 'reason', message: fault }]);
}

const entryOf = ({ userId, id, keyPrefix }: ApiKey) => ({
  userId,
  action: AuditAction.API_KEY_REVOKED,
  apiKeyId: id,
  details: { keyPrefix },
});

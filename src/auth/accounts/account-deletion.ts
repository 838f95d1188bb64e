import { AuditAction } from '../../audit/audit-entry.js';
import type { AuditLog } from '../../audit/audit-log.js';
import type { Actor } from '../../platform/actor.js';
import type { Transaction } from '../../platform/database/client.js';
import type { UsageService } from '../../usage/usage-service.js';

/** Deletes accounts, for their owners and for the operator. */
export class AccountDeletion {
  readonly #usage: UsageService;
  readonly #audit: AuditLog;

  constructor(options: { usage: UsageService; audit: AuditLog }) {
    this.#usage = options.usage;
    this.#audit = options.audit;
  }

  /**
   * Deletes a user with sessions, reset tokens, keys and their usage, in a transaction that holds the user's row locked. The
   * audit log is kept.
   */
  async run(transaction: Transaction, userId: string, actor: Actor): Promise<void> {
    await this.#audit.record(transaction, { userId, action: AuditAction.USER_DELETED }, actor);
    await this.#usage.forget(transaction, userId);
    await transaction.user.delete({ where: { id: userId } });
  }
}

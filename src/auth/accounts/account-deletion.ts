import { AuditAction } from '../../audit/audit-entry.js';
import type { AuditRecorder } from '../../audit/audit-recorder.js';
import type { Actor } from '../../platform/actor.js';
import type { Transaction } from '../../platform/database/client.js';

export interface DeletionDependencies {
  audit: AuditRecorder;
  /** Deletes the usage of all keys of a user. Keys belong to a feature above this one. */
  forgetUsage: (transaction: Transaction, userId: string) => Promise<void>;
}

/** Deletes accounts, for their owners and for the operator. */
export class AccountDeletion {
  readonly #deps: DeletionDependencies;

  constructor(dependencies: DeletionDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Deletes a user with sessions, reset tokens, keys and their usage, in a transaction that holds the user's row locked. The
   * audit log is kept.
   */
  async run(transaction: Transaction, userId: string, actor: Actor): Promise<void> {
    await this.#deps.audit.record(transaction, { userId, action: AuditAction.USER_DELETED }, actor);
    await this.#deps.forgetUsage(transaction, userId);
    await transaction.user.delete({ where: { id: userId } });
  }
}

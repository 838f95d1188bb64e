import { AuditAction } from '../../audit/audit-entry.js';
import type { AuditRecorder } from '../../audit/audit-recorder.js';
import { actorFields, type UserActor } from '../../platform/actor.js';
import type { Clock } from '../../platform/clock.js';
import { isForeignKeyViolation } from '../../platform/database/database-errors.js';
import { LogLimiter } from '../../platform/log-limiter.js';
import type { Logger } from '../../platform/logger.js';
import { isPrintableName } from '../../platform/text.js';
import type { User, Users } from '../accounts/users.js';
import type { ClaimedPolicy } from './external-tokens.js';
import { rememberingUnknown } from './unknown-policies.js';

interface Dependencies {
  users: Users;
  /** Returns the id of the policy with a name. Null if no policy has the name. */
  findPolicyId: (name: string) => Promise<string | null>;
  clock: Clock;
  audit: AuditRecorder;
  logger: Logger;
}

/** Sets the policy of users as the tokens of their identity provider name it. */
export class ClaimedPolicies {
  readonly #deps: Dependencies;
  readonly #findPolicyId: Dependencies['findPolicyId'];
  /** Clients determine how often such tokens are sent. */
  readonly #unknown: LogLimiter;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#findPolicyId = rememberingUnknown(deps.findPolicyId, deps.clock);
    this.#unknown = new LogLimiter(deps.logger, 'warn', 'policy in a token unknown');
  }

  /**
   * Sets the policy that a token names, if the token was issued later than the policy was last set. An unknown policy changes
   * nothing, and is logged.
   *
   * The time is recorded also if the user has the policy already. Otherwise, another token that was issued before this one could
   * still change the policy, and this token could undo a later change if the clock of the provider is ahead.
   *
   * @returns the user after the change
   */
  async apply(user: User, { issuer, name, issuedAt }: ClaimedPolicy, actor: UserActor): Promise<User> {
    if (!isLater(issuedAt, user)) return user;
    const policyId = typeof name === 'string' ? await this.#findPolicyId(name) : null;
    if (policyId === null || typeof name !== 'string') return this.#ignore(user, name, actor);
    try {
      return await this.#set(user.id, { issuer, policyId, name, issuedAt }, actor);
    } catch (error) {
      // The policy was deleted meanwhile.
      if (isForeignKeyViolation(error)) return this.#ignore(user, name, actor);
      throw error;
    }
  }

  async #set(
    userId: string,
    { issuer, policyId, name, issuedAt }: ClaimedPolicy & { policyId: string; name: string },
    actor: UserActor,
  ): Promise<User> {
    const { users, audit, logger } = this.#deps;
    const { user, isChanged } = await users.withLocked(userId, async (transaction) => {
      const before = await transaction.user.findUniqueOrThrow({ where: { id: userId } });
      if (!isLater(issuedAt, before)) return { user: before, isChanged: false };
      const after = await transaction.user.update({ where: { id: userId }, data: { policyId, policySetAt: issuedAt } });
      if (before.policyId === policyId) return { user: after, isChanged: false };
      const details = { changed: ['policy'], policy: name, issuer };
      await audit.record(transaction, { userId, action: AuditAction.USER_UPDATED, details }, actor);
      return { user: after, isChanged: true };
    });
    if (isChanged) logger.info({ ...actorFields(actor), userId, changed: ['policy'] }, 'user updated by a token');
    return user;
  }

  #ignore(user: User, name: unknown, actor: UserActor): User {
    // Anything else than a short name may be personal data that the provider put into the claim.
    const policy = typeof name === 'string' && isPrintableName(name) ? name : null;
    this.#unknown.log('unknown policy', { ...actorFields(actor), userId: user.id, policy });
    return user;
  }
}

const isLater = (issuedAt: Date, { policySetAt }: User): boolean => policySetAt === null || issuedAt > policySetAt;

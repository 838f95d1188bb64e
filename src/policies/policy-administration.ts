import { validate as isUuid } from 'uuid';
import { AuditAction } from '../audit/audit-entry.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import { type Actor, actorFields } from '../platform/actor.js';
import { canonicalJson } from '../platform/canonical-json.js';
import type { Clock } from '../platform/clock.js';
import type { Database, Transaction } from '../platform/database/client.js';
import { isForeignKeyViolation, isUniqueViolation } from '../platform/database/database-errors.js';
import type { Policy } from '../platform/database/generated/client.js';
import { KeywardError } from '../platform/errors/keyward-error.js';
import { POLICY_LIMITS } from '../platform/limits.js';
import type { Logger } from '../platform/logger.js';
import { countUsersOf, lockPolicies } from './policy-administration.queries.js';
import { newPolicy, policyChangesOf, recordedPolicy } from './policy-changes.js';
import { isPolicyName, type PolicySettings, policyColumnsOf, policyNameFault, refusePolicyFaults } from './policy-settings.js';

export type { Policy };

/** A policy before and after a change. */
export interface PolicyChange {
  /** Null if the change creates the policy. */
  before: Policy | null;
  after: Policy;
}

interface Dependencies {
  database: Database;
  clock: Clock;
  audit: AuditRecorder;
  logger: Logger;
  /** Scopes that can be granted. Empty if every scope can be granted. */
  scopeCatalogue: readonly string[];
}

/** Creates, changes and deletes policies, for services and the operator. A change binds from the next verification on. */
export class PolicyAdministration {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Returns all policies, by name. */
  list(): Promise<Policy[]> {
    return this.#deps.database.policy.findMany({ orderBy: { name: 'asc' } });
  }

  /** Returns the number of users who have each policy of their own. Policies without users have no entry. */
  countUsers(ids: readonly string[]): Promise<Map<string, number>> {
    return countUsersOf(this.#deps.database, ids);
  }

  /** Returns a policy. @throws {KeywardError} NOT_FOUND */
  async get(id: string): Promise<Policy> {
    const policy = isUuid(id) ? await this.#deps.database.policy.findUnique({ where: { id } }) : null;
    if (!policy) throw new KeywardError('NOT_FOUND', 'There is no policy with this ID.');
    return policy;
  }

  /** Returns a policy by its name. @throws {KeywardError} NOT_FOUND */
  async getByName(name: string): Promise<Policy> {
    const policy = isPolicyName(name) ? await this.#deps.database.policy.findUnique({ where: { name } }) : null;
    if (!policy) throw new KeywardError('NOT_FOUND', 'There is no policy with this name.');
    return policy;
  }

  /**
   * Creates a policy.
   *
   * @param options.isDryRun whether to return the policy as it would be, without creating it
   * @throws {KeywardError} BAD_USER_INPUT, CONFLICT if a policy has the name, or there are too many policies
   */
  async create(settings: PolicySettings, actor: Actor, { isDryRun = false } = {}): Promise<PolicyChange> {
    refusePolicyFaults(settings, this.#deps.scopeCatalogue, policyNameFault(settings.name));
    const policy = newPolicy(settings.name ?? '', policyColumnsOf(settings), this.#deps.clock.now());
    const create = async (transaction: Transaction) => {
      if (!isDryRun) await lockPolicies(transaction);
      if ((await transaction.policy.count()) >= POLICY_LIMITS.policiesMax) throw tooManyPolicies();
      if (isDryRun) {
        if (await transaction.policy.findUnique({ where: { name: policy.name } })) throw nameTaken();
        return policy;
      }
      const created = await transaction.policy.create({ data: policy });
      await this.#record(transaction, AuditAction.POLICY_CREATED, created, { after: recordedPolicy(created) }, actor);
      return created;
    };
    try {
      const after = await this.#deps.database.$transaction(create);
      if (!isDryRun) this.#log(actor, after, 'policy created');
      return { before: null, after };
    } catch (error) {
      if (isUniqueViolation(error, 'policies_name_key')) throw nameTaken();
      throw error;
    }
  }

  /**
   * Changes a policy. A repetition changes nothing, and returns the same policy.
   *
   * @param options.isDryRun whether to return the policy as it would be, without changing it
   * @throws {KeywardError} BAD_USER_INPUT, also for another name, NOT_FOUND
   */
  async update(id: string, settings: PolicySettings, actor: Actor, { isDryRun = false } = {}): Promise<PolicyChange> {
    const current = await this.get(id);
    const isSameName = settings.name === undefined || settings.name === current.name;
    refusePolicyFaults(
      settings,
      this.#deps.scopeCatalogue,
      isSameName ? null : 'must be unchanged, because the name of a policy never changes',
    );
    const columns = policyColumnsOf(settings);
    if (isDryRun) return { before: current, after: { ...current, ...columns } };
    const { before, after } = await this.#deps.database.$transaction((transaction) => this.#update(transaction, { id, columns }, actor));
    if (before !== after) this.#log(actor, after, 'policy updated');
    return { before, after };
  }

  /** Deletes a policy. @throws {KeywardError} NOT_FOUND, CONFLICT while users have it */
  async delete(id: string, actor: Actor): Promise<Policy> {
    const remove = async (transaction: Transaction) => {
      await lockPolicies(transaction);
      const policy = await this.#find(transaction, id);
      await transaction.policy.delete({ where: { id } });
      await this.#record(transaction, AuditAction.POLICY_DELETED, policy, { before: recordedPolicy(policy) }, actor);
      return policy;
    };
    await this.get(id);
    try {
      const deleted = await this.#deps.database.$transaction(remove);
      this.#log(actor, deleted, 'policy deleted');
      return deleted;
    } catch (error) {
      if (!isForeignKeyViolation(error)) throw error;
      throw new KeywardError('CONFLICT', 'Users have this policy. Give them another one first.');
    }
  }

  async #update(
    transaction: Transaction,
    { id, columns }: { id: string; columns: ReturnType<typeof policyColumnsOf> },
    actor: Actor,
  ): Promise<{ before: Policy; after: Policy }> {
    await lockPolicies(transaction);
    const before = await this.#find(transaction, id);
    const wanted = { ...before, ...columns };
    if (canonicalJson(wanted) === canonicalJson(before)) return { before, after: before };
    const after = await transaction.policy.update({ where: { id }, data: columns });
    await this.#record(transaction, AuditAction.POLICY_UPDATED, after, policyChangesOf(before, after), actor);
    return { before, after };
  }

  async #find(transaction: Transaction, id: string): Promise<Policy> {
    const policy = await transaction.policy.findUnique({ where: { id } });
    if (!policy) throw new KeywardError('NOT_FOUND', 'There is no policy with this ID.');
    return policy;
  }

  #record(transaction: Transaction, action: AuditAction, { id, name }: Policy, details: object, actor: Actor): Promise<void> {
    return this.#deps.audit.record(transaction, { userId: null, action, details: { policyId: id, name, ...details } }, actor);
  }

  #log(actor: Actor, { id, name }: Policy, message: string): void {
    this.#deps.logger.info({ ...actorFields(actor), policyId: id, policy: name }, message);
  }
}

const nameTaken = () => new KeywardError('CONFLICT', 'A policy with this name already exists.');

const tooManyPolicies = () =>
  new KeywardError('CONFLICT', `There are already ${POLICY_LIMITS.policiesMax} policies, the maximum. Delete a policy that no user has.`);

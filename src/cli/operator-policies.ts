import type { Impact } from '../api-keys/policy-impact.js';
import type { User } from '../auth/accounts/users.js';
import type { PlannedPolicy, PolicyPlanning } from '../management/policy-planning.js';
import type { UserUpsert } from '../management/user-upsert.js';
import { OPERATOR } from '../platform/actor.js';
import type { Policy, PolicyAdministration } from '../policies/policy-administration.js';
import type { PolicySettings } from '../policies/policy-settings.js';

/** A policy, and the number of users who have it of their own. */
export interface PolicyOverview {
  policy: Policy;
  users: number;
}

/** A policy after a change, and what the change takes from keys. */
export interface PlannedChange {
  policy: Policy;
  impact: Impact;
}

interface Dependencies {
  policies: PolicyAdministration;
  policyPlanning: PolicyPlanning;
  userUpsert: UserUpsert;
}

/** The operator's actions on policies. They are named, and each method throws NOT_FOUND if there is no policy with the name. */
export class OperatorPolicies {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Returns all policies, by name. */
  async list(): Promise<PolicyOverview[]> {
    return this.#withUsers(await this.#deps.policies.list());
  }

  async show(name: string): Promise<PolicyOverview> {
    const policy = await this.#deps.policies.getByName(name);
    const [overview = { policy, users: 0 }] = await this.#withUsers([policy]);
    return overview;
  }

  /** Creates a policy. @throws {KeywardError} BAD_USER_INPUT, CONFLICT if a policy has the name */
  async create(settings: PolicySettings, isDryRun: boolean): Promise<PlannedChange> {
    return changed(await this.#deps.policyPlanning.create(settings, isDryRun, OPERATOR));
  }

  /** Changes a policy. @throws {KeywardError} BAD_USER_INPUT */
  async update(name: string, settings: PolicySettings, isDryRun: boolean): Promise<PlannedChange> {
    const { id } = await this.#deps.policies.getByName(name);
    return changed(await this.#deps.policyPlanning.update(id, settings, isDryRun, OPERATOR));
  }

  /** Deletes a policy. @throws {KeywardError} CONFLICT while users have it */
  async delete(name: string): Promise<Policy> {
    const { id } = await this.#deps.policies.getByName(name);
    return this.#deps.policies.delete(id, OPERATOR);
  }

  /** Sets the policy of a user. @param name null: none of their own */
  async assign(userId: string, name: string | null): Promise<User> {
    const policy = name === null ? null : await this.#deps.policies.getByName(name);
    return this.#deps.userUpsert.setPolicy(userId, policy, OPERATOR);
  }

  async #withUsers(policies: readonly Policy[]): Promise<PolicyOverview[]> {
    const counts = await this.#deps.policies.countUsers(policies.map(({ id }) => id));
    return policies.map((policy) => ({ policy, users: counts.get(policy.id) ?? 0 }));
  }
}

const changed = async ({ policy, impact }: PlannedPolicy): Promise<PlannedChange> => ({ policy, impact: await impact() });

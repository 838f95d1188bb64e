import type { Impact, PolicyImpact } from '../api-keys/policy-impact.js';
import { type Actor, actorFields } from '../platform/actor.js';
import type { Logger } from '../platform/logger.js';
import type { Policy, PolicyAdministration, PolicyChange } from '../policies/policy-administration.js';
import { NO_CEILINGS } from '../policies/policy-losses.js';
import { DEFAULT_POLICY_NAME, rulesOf } from '../policies/policy-rules.js';
import type { PolicySettings } from '../policies/policy-settings.js';

/** A change of a policy, applied or planned. */
export interface PlannedPolicy {
  /** The policy after the change. */
  policy: Policy;
  /** Returns what the change takes from keys. Computed once, when it is asked for. */
  impact: () => Promise<Impact>;
}

interface Dependencies {
  policies: PolicyAdministration;
  policyImpact: PolicyImpact;
  logger: Logger;
}

const NO_IMPACT: Impact = { affectedKeys: 0, isComplete: true, sample: [] };

/** Creates and changes policies, and returns which keys that affects. With `isDryRun`, nothing changes. */
export class PolicyPlanning {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Creates a policy. Only the policy named `default` has users at once. @throws {KeywardError} like PolicyAdministration.create */
  async create(settings: PolicySettings, isDryRun: boolean, actor: Actor): Promise<PlannedPolicy> {
    const change = await this.#deps.policies.create(settings, actor, { isDryRun });
    return this.#planned(change, isDryRun, actor);
  }

  /** Changes a policy. @throws {KeywardError} like PolicyAdministration.update */
  async update(id: string, settings: PolicySettings, isDryRun: boolean, actor: Actor): Promise<PlannedPolicy> {
    const change = await this.#deps.policies.update(id, settings, actor, { isDryRun });
    return this.#planned(change, isDryRun, actor);
  }

  #planned(change: PolicyChange, isDryRun: boolean, actor: Actor): PlannedPolicy {
    let impact: Promise<Impact> | undefined;
    return {
      policy: change.after,
      impact: () => {
        impact ??= this.#impactOf(change).catch((error: unknown) => {
          if (isDryRun) throw error;
          // The policy is changed, which an error would hide.
          this.#deps.logger.warn({ ...actorFields(actor), policyId: change.after.id, err: error }, 'keys affected by a policy not counted');
          return { ...NO_IMPACT, isComplete: false };
        });
        return impact;
      },
    };
  }

  async #impactOf({ before, after }: PolicyChange): Promise<Impact> {
    const isDefault = after.name === DEFAULT_POLICY_NAME;
    if (before === null && !isDefault) return NO_IMPACT;
    const ceilings = { before: before ? rulesOf(before) : NO_CEILINGS, after: rulesOf(after) };
    const impactOf = (policyId: string | null) => this.#deps.policyImpact.of({ policyId, ...ceilings });
    return impactOf(isDefault ? null : after.id);
  }
}

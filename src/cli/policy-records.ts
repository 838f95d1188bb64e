import type { Policy } from '../policies/policy-administration.js';
import { rulesOf } from '../policies/policy-rules.js';
import type { PlannedChange } from './operator-policies.js';
import type { OutputRecord } from './output.js';

/** Returns the fields of a policy to print. */
export function policyRecord(policy: Policy): OutputRecord {
  const { scopes, ownerRateLimit, ...rules } = rulesOf(policy);
  return {
    name: policy.name,
    description: policy.description,
    scopes,
    keysMax: rules.keysMax,
    ownerRateLimit: ownerRateLimit && `${ownerRateLimit.limit}/${ownerRateLimit.windowSeconds}`,
    keyLifetimeDaysMax: rules.keyLifetimeDaysMax,
    expiryRequired: rules.expiryRequired,
    allowedCidrs: rules.allowedCidrs,
    createdAt: policy.createdAt,
  };
}

/** Returns the fields of a created or changed policy, and what the change takes from keys. */
export const plannedRecord = ({ policy, impact }: PlannedChange): OutputRecord => ({
  ...policyRecord(policy),
  affectedKeys: impact.affectedKeys,
  affectedKeysIsComplete: impact.isComplete,
  sample: impact.sample.map(({ keyPrefix }) => keyPrefix),
});

import { v7 as uuidv7 } from 'uuid';
import { canonicalJson } from '../platform/canonical-json.js';
import type { Policy } from '../platform/database/generated/client.js';
import { rulesOf } from './policy-rules.js';
import type { PolicyColumnChange } from './policy-settings.js';

/** Settings of a policy as the audit log records them. */
type Recorded = Record<string, unknown>;

/** Returns a policy without ceilings, apart from those in `columns`. */
export const newPolicy = (name: string, columns: PolicyColumnChange, createdAt: Date): Policy => ({
  id: uuidv7({ msecs: createdAt.getTime() }),
  name,
  description: null,
  limitsScopes: false,
  scopes: [],
  keysMax: null,
  ownerRateLimit: null,
  ownerRateLimitWindowSeconds: null,
  keyLifetimeDaysMax: null,
  expiryRequired: false,
  allowedCidrs: [],
  createdAt,
  ...columns,
});

/** Returns the ceilings for the audit log. The description is free text, so it is left out: the audit log can never be changed. */
export function recordedPolicy(policy: Policy): Recorded {
  const { id: _id, name: _name, ...ceilings } = rulesOf(policy);
  return ceilings;
}

/** Returns the changes of an update for the audit log: the names of the settings, and the ceilings before and after. */
export function policyChangesOf(before: Policy, after: Policy): { changed: string[]; before: Recorded; after: Recorded } {
  const [was, is] = [recordedPolicy(before), recordedPolicy(after)];
  const ceilings = Object.keys(is).filter((name) => canonicalJson({ value: was[name] }) !== canonicalJson({ value: is[name] }));
  const pick = (recorded: Recorded) => Object.fromEntries(ceilings.map((name) => [name, recorded[name]]));
  const changed = before.description === after.description ? ceilings : ['description', ...ceilings];
  return { changed, before: pick(was), after: pick(is) };
}

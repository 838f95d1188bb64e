import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.js';
import { CLAIMED_POLICY_LIMITS } from '../../platform/limits.js';

/**
 * Returns a function like `findPolicyId` that remembers for some seconds that a name is unknown. A token with an unknown name would
 * otherwise cause a query at each request. A policy that was found is not remembered, so none is assigned after its deletion.
 */
export function rememberingUnknown(
  findPolicyId: (name: string) => Promise<string | null>,
  clock: Clock,
): (name: string) => Promise<string | null> {
  const { unknownSeconds, unknownMax } = CLAIMED_POLICY_LIMITS;
  /** Times at which names were unknown. */
  const unknown = new LRUCache<string, number>({ max: unknownMax });
  return async (name) => {
    const now = clock.now().getTime();
    const since = unknown.get(name);
    if (since !== undefined && now >= since && now - since < unknownSeconds * 1_000) return null;
    const id = await findPolicyId(name);
    if (id === null) unknown.set(name, now);
    else unknown.delete(name);
    return id;
  };
}

import type { Prisma } from '../../src/platform/database/generated/client.js';
import type { TestApp } from './test-app.js';

/** Ceilings of a policy in a test. An absent one limits nothing. */
export interface Ceilings {
  scopes?: string[] | null | undefined;
  keysMax?: number | null | undefined;
  ownerRateLimit?: { limit: number; windowSeconds: number } | null | undefined;
  keyLifetimeDaysMax?: number | null | undefined;
  expiryRequired?: boolean | undefined;
  allowedCidrs?: string[] | undefined;
}

/** Returns the ceilings as columns of the table. */
const columnsOf = ({ scopes, keysMax, ownerRateLimit, keyLifetimeDaysMax, expiryRequired, allowedCidrs }: Ceilings) => ({
  limitsScopes: Array.isArray(scopes),
  scopes: scopes ?? [],
  keysMax: keysMax ?? null,
  ownerRateLimit: ownerRateLimit?.limit ?? null,
  ownerRateLimitWindowSeconds: ownerRateLimit?.windowSeconds ?? null,
  keyLifetimeDaysMax: keyLifetimeDaysMax ?? null,
  expiryRequired: expiryRequired ?? false,
  allowedCidrs: allowedCidrs ?? [],
});

let policies = 0;

/** Creates a policy. @returns its ID and its name, which no other policy has unless it is given */
export async function newPolicy(app: TestApp, ceilings: Ceilings, name?: string): Promise<{ id: string; name: string }> {
  policies += 1;
  const data = { ...columnsOf(ceilings), name: name ?? `policy-${policies}`, createdAt: app.clock.now() };
  return app.database.policy.create({ data, select: { id: true, name: true } });
}

/** Replaces all ceilings of a policy. */
export const changePolicy = (app: TestApp, id: string, ceilings: Ceilings) =>
  app.database.policy.update({ where: { id }, data: columnsOf(ceilings) });

/** Sets the policy of users. @param policyId null if they have no policy of their own */
export const assignPolicy = (app: TestApp, where: Prisma.UserWhereInput, policyId: string | null) =>
  app.database.user.updateMany({ where, data: { policyId } });

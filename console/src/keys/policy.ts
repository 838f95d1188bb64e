import type { KeysQuery } from '../gql/graphql';

/** What the keys of the user may be. */
export interface KeyPolicy {
  /** Null: any scope can be granted. */
  scopes: readonly string[] | null;
  keysMax: number;
  keysUsed: number;
  ownerRateLimit: { limit: number; windowSeconds: number } | null;
  keyLifetimeDaysMax: number | null;
  expiryRequired: boolean;
  allowedCidrs: readonly string[];
  yourAddress: string | null;
}

/** Returns the policy of the answer. Until it is read, nothing but the limit of keys is known. */
export const policyOf = (data: KeysQuery | undefined): KeyPolicy => ({
  scopes: null,
  keysMax: 5,
  keysUsed: data?.myApiKeys.filter(({ status }) => status !== 'ROTATING').length ?? 0,
  ownerRateLimit: null,
  keyLifetimeDaysMax: null,
  expiryRequired: false,
  allowedCidrs: [],
  yourAddress: null,
});

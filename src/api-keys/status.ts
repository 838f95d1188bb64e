import type { ApiKey } from '../platform/database/generated/client.js';

/** What a key is good for. Derived, never stored. */
export enum ApiKeyStatus {
  ACTIVE = 'ACTIVE',
  REVOKED = 'REVOKED',
}

/** The one rule. */
export const statusOf = (key: Pick<ApiKey, 'revokedAt'>): ApiKeyStatus =>
  key.revokedAt === null ? ApiKeyStatus.ACTIVE : ApiKeyStatus.REVOKED;

/** The same rule for a query: the keys that count against the limit and are listed. */
export const USABLE = { revokedAt: null };

import type { Clock } from '../../platform/clock.js';
import type { Logger } from '../../platform/logger.js';
import type { ExternalAccounts } from '../authenticator.js';
import type { ClaimedPolicies } from './claimed-policies.js';
import type { ExternalIdUsers } from './external-id-users.js';
import { ExternalTokens } from './external-tokens.js';
import { ExternalUsers } from './external-users.js';
import type { IdentityProvider } from './identity-provider.js';
import { KeySet } from './key-set.js';
import { isUnencrypted, keySource } from './key-source.js';

/** Creates the services that authenticate users of an identity provider. */
export function createExternalAccounts(
  { issuer, audience, jwksUrl, policyClaim }: IdentityProvider,
  parts: { externalIdUsers: ExternalIdUsers; claimedPolicies: ClaimedPolicies; clock: Clock; logger: Logger },
): ExternalAccounts {
  if (isUnencrypted(jwksUrl)) {
    parts.logger.warn(
      'AUTH_JWKS_URL uses unencrypted http: anyone who can change traffic on this network can sign in as any user. Use https outside a trusted network.',
    );
  }
  const keys = new KeySet({ load: keySource(jwksUrl), clock: parts.clock, logger: parts.logger });
  return {
    tokens: new ExternalTokens({ issuer, audience, policyClaim, keys, clock: parts.clock }),
    users: new ExternalUsers(parts.externalIdUsers),
    policies: parts.claimedPolicies,
  };
}

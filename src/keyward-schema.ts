// Must be the first import: TypeGraphQL's decorators need it when the resolvers are loaded.
import 'reflect-metadata';

import type { GraphQLSchema } from 'graphql';
import { ApiKeyEventsResolver } from './activity/api-key-events-resolver.js';
import { AuditResolver } from './activity/audit-log-resolver.js';
import { ApiKeyResolver } from './api-keys/api-key-resolver.js';
import { KeyPolicyResolver } from './api-keys/key-policy-resolver.js';
import { ApiKeyUsageResolver } from './api-keys/usage-resolver.js';
import { UserKeysResolver } from './api-keys/user-keys-resolver.js';
import { closeByDefault } from './auth/access-middleware.js';
import { AccountResolver } from './auth/accounts/account-resolver.js';
import { AuthResolver } from './auth/auth-resolver.js';
import { PortalSessionResolver } from './auth/portal-sessions/portal-session-resolver.js';
import { SessionResolver } from './auth/sessions/session-resolver.js';
import { ImportResolver } from './import/import-resolver.js';
import { ManagementKeysResolver } from './management/management-keys-resolver.js';
import { ManagementPoliciesResolver } from './management/management-policies-resolver.js';
import { ManagementUsersResolver } from './management/management-users-resolver.js';
import { buildGraphqlSchema } from './platform/graphql/schema.js';
import { PolicyResolver } from './policies/policy-resolver.js';
import { UserPolicyResolver } from './policies/user-policy-resolver.js';
import { ServerInfoResolver } from './server/server-info-resolver.js';
import type { Services } from './services.js';
import { VerificationResolver } from './verification/verification-resolver.js';
import { WebhookResolver } from './webhooks/webhook-resolver.js';

/** Builds the schema. Every operation that is not `@Public()` requires credentials. */
export const buildKeywardSchema = (services: Services & { externalIdIssuer: string | null }): GraphQLSchema =>
  closeByDefault(
    buildGraphqlSchema([
      new ServerInfoResolver(services.serverInfo),
      new AuthResolver(services.auth),
      new AccountResolver(services.auth, services.externalIdIssuer),
      new SessionResolver(services.sessions, services.ownSessions),
      new PortalSessionResolver(services.portalSessions),
      new ApiKeyResolver(services.apiKeys, services.revocation, services.keyQueries),
      new KeyPolicyResolver(services.keyPolicies),
      new ApiKeyUsageResolver(),
      new UserKeysResolver(),
      new AuditResolver(services.auditLog),
      new ApiKeyEventsResolver(),
      new ManagementUsersResolver(services),
      new ManagementKeysResolver(services),
      new ImportResolver(services.batchImport),
      new ManagementPoliciesResolver(services.policyPlanning),
      new PolicyResolver(services.policies),
      new UserPolicyResolver(),
      new VerificationResolver(services.verifier, services.verifierAccess),
      new WebhookResolver(services),
    ]),
  );

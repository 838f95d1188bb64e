import { ApiKeyList } from '../api-keys/api-key-list.js';
import type { ApiKeyQueries } from '../api-keys/api-key-queries.js';
import type { ApiKeyService } from '../api-keys/api-key-service.js';
import type { IdempotencyKeys } from '../api-keys/idempotency-keys.js';
import { KeyRevocation } from '../api-keys/key-revocation.js';
import { PolicyImpact } from '../api-keys/policy-impact.js';
import type { AuditLog } from '../audit/audit-log.js';
import type { AuditRecorder } from '../audit/audit-recorder.js';
import type { AccountDeletion } from '../auth/accounts/account-deletion.js';
import type { ResetTokens } from '../auth/accounts/reset-tokens.js';
import { UserList } from '../auth/accounts/user-list.js';
import type { Users } from '../auth/accounts/users.js';
import type { ProductUsers } from '../auth/external/product-users.js';
import type { PortalSessions } from '../auth/portal-sessions/portal-sessions.js';
import type { Sessions } from '../auth/sessions/sessions.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database/client.js';
import type { Logger } from '../platform/logger.js';
import type { Cursors } from '../platform/pagination.js';
import type { PolicyAdministration } from '../policies/policy-administration.js';
import { findPolicyId } from '../policies/policy-names.js';
import type { UsageService } from '../usage/usage-service.js';
import { BulkRevocation } from './bulk-revocation.js';
import { PolicyPlanning } from './policy-planning.js';
import { UserAdministration } from './user-administration.js';
import { UserExport } from './user-export.js';
import { UserUpsert } from './user-upsert.js';

interface Parts {
  database: Database;
  cursors: Cursors;
  clock: Clock;
  logger: Logger;
  audit: AuditRecorder;
  users: Users;
  productUsers: ProductUsers;
  sessions: Sessions;
  portalSessions: PortalSessions;
  idempotencyKeys: IdempotencyKeys;
  resetTokens: ResetTokens;
  deletion: AccountDeletion;
  apiKeys: ApiKeyService;
  keyQueries: ApiKeyQueries;
  usageReader: UsageService;
  auditLog: AuditLog;
  policies: PolicyAdministration;
}

/** Creates the services that read and change the users and keys of everyone. */
export function createManagement(parts: Parts) {
  const keyList = new ApiKeyList(parts);
  const findPolicy = (name: string) => findPolicyId(parts.database, name);
  const revocation = new KeyRevocation(parts);
  return {
    keyList,
    revocation,
    userList: new UserList({ ...parts, findPolicyId: findPolicy }),
    userAdministration: new UserAdministration(parts),
    userUpsert: new UserUpsert(parts),
    userExport: new UserExport(parts),
    policyPlanning: new PolicyPlanning({ ...parts, policyImpact: new PolicyImpact(parts) }),
    bulkRevocation: new BulkRevocation({ ...parts, keyList, revocation }),
  };
}

import type { ApiKeyQueries } from '../api-keys/api-key-queries.js';
import type { IdempotencyKeys } from '../api-keys/idempotency-keys.js';
import type { AuditLog } from '../audit/audit-log.js';
import type { User } from '../auth/accounts/users.js';
import type { PortalSessions } from '../auth/portal-sessions/portal-sessions.js';
import type { Sessions } from '../auth/sessions/sessions.js';
import type { PolicyAdministration } from '../policies/policy-administration.js';
import type { UsageService } from '../usage/usage-service.js';

interface Dependencies {
  sessions: Sessions;
  portalSessions: PortalSessions;
  idempotencyKeys: IdempotencyKeys;
  keyQueries: ApiKeyQueries;
  usageReader: UsageService;
  auditLog: AuditLog;
  policies: PolicyAdministration;
}

/** Exports a user with sessions, keys, usage and audit log, without secrets and their hashes, for a request of the user (GDPR, article 15). */
export class UserExport {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Returns the data as an object to be written as JSON. */
  async run({ passwordHash, ...user }: User): Promise<object> {
    const { sessions, portalSessions, idempotencyKeys, keyQueries, usageReader, auditLog } = this.#deps;
    const keys = await keyQueries.listAll(user.id);
    const usage = await usageReader.allOf(keys.map(({ id }) => id));
    const auditEvents = [];
    for await (const event of auditLog.eventsOf(user.id)) auditEvents.push(event);
    return {
      user: { ...user, hasPassword: passwordHash !== null, policy: await this.#policyNameOf(user.policyId) },
      sessions: await sessions.listAll(user.id),
      portalSessions: await portalSessions.listAll(user.id),
      apiKeys: keys.map(({ hashedKey: _hashedKey, fingerprint: _fingerprint, importDigest: _importDigest, ...key }) => ({
        ...key,
        usage: usage.filter(({ keyId }) => keyId === key.id).map(({ keyId: _keyId, ...row }) => row),
      })),
      idempotencyKeys: await idempotencyKeys.listAll(user.id),
      auditEvents,
    };
  }

  async #policyNameOf(policyId: string | null): Promise<string | null> {
    return policyId === null ? null : (await this.#deps.policies.get(policyId)).name;
  }
}

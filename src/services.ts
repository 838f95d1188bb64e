import { ApiKeyQueries, idsOfKeys } from './api-keys/api-key-queries.js';
import { ApiKeyService } from './api-keys/api-key-service.js';
import { IdempotencyKeys } from './api-keys/idempotency-keys.js';
import { ImportFormRegistry } from './api-keys/import-form-registry.js';
import { KeyFinder } from './api-keys/key-finder.js';
import { KeyIssuer } from './api-keys/key-issuer.js';
import { KeyPolicies } from './api-keys/key-policies.js';
import { AuditExport } from './audit/audit-export.js';
import { AuditLog } from './audit/audit-log.js';
import { AuditRecorder } from './audit/audit-recorder.js';
import { AccountDeletion } from './auth/accounts/account-deletion.js';
import { Passwords } from './auth/accounts/password.js';
import { PasswordRules } from './auth/accounts/password-rules.js';
import { ResetTokens } from './auth/accounts/reset-tokens.js';
import { Users } from './auth/accounts/users.js';
import { AuthService } from './auth/auth-service.js';
import { Authenticator } from './auth/authenticator.js';
import { ClaimedPolicies } from './auth/external/claimed-policies.js';
import { createExternalAccounts } from './auth/external/external-accounts.js';
import { ExternalIdUsers } from './auth/external/external-id-users.js';
import { ProductUsers } from './auth/external/product-users.js';
import { createPortalSessions } from './auth/portal-sessions/create-portal-sessions.js';
import { createServiceTokens } from './auth/service-tokens/create-service-tokens.js';
import { AccessTokens } from './auth/sessions/access-token.js';
import { OwnSessions } from './auth/sessions/own-sessions.js';
import { RefreshTokens } from './auth/sessions/refresh-token.js';
import { Sessions } from './auth/sessions/sessions.js';
import { SignInLimits } from './auth/sign-in-limits.js';
import { TokenRejectionLog } from './auth/token-rejection.js';
import type { Config } from './config.js';
import { createImport } from './import/create-import.js';
import { createManagement } from './management/create-management.js';
import { type Clock, systemClock } from './platform/clock.js';
import { createCommandDatabase, createCommandPool, createDatabase, createMainPool, type PoolTimeouts } from './platform/database/client.js';
import { FAIR_USE_LIMITS } from './platform/limits.js';
import type { Logger } from './platform/logger.js';
import { Cursors } from './platform/pagination.js';
import { createMetrics } from './platform/process-metrics.js';
import { HashQueue, passwordQueueLimits } from './platform/queues/hash-queue.js';
import { FairUse } from './platform/rate-limit/fair-use.js';
import { createRedis } from './platform/rate-limit/redis.js';
import { SharedWindowCounter } from './platform/rate-limit/shared-window-counter.js';
import { type Budgets, WindowCounter } from './platform/rate-limit/window-counter.js';
import { Sealing } from './platform/sealing.js';
import { AppSecrets } from './platform/secrets.js';
import { createPolicies } from './policies/create-policies.js';
import { findPolicyId } from './policies/policy-names.js';
import { serverInfoOf } from './server/server-info.js';
import { FirstUses } from './usage/first-uses.js';
import { UsageService } from './usage/usage-service.js';
import { createVerification } from './verification/create-verification.js';
import { createVerificationPool } from './verification/key-lookup.js';
import { createWebhookPool, createWebhooks } from './webhooks/create-webhooks.js';
import { AUDITED_EVENTS } from './webhooks/event-recorder.js';
import { ANY_ENDPOINT } from './webhooks/webhook-sql.js';

export interface ServiceOptions {
  config: Config;
  databaseUrl: string;
  /** Newest first. */
  appSecrets: readonly Buffer[];
  logger: Logger;
  /**
   * Whether the services are for the command line: one database connection with longer timeouts, and rate limits in this process
   * alone, without Redis.
   */
  isCommand?: boolean;
  /** The options below are passed by tests only. */
  clock?: Clock;
  /** Timeouts of the database, in milliseconds, other than the usual ones. */
  timeoutsMs?: Partial<PoolTimeouts>;
  /** Source of randomness. */
  random?: (bytes: number) => Buffer;
  /** Queue for the hashes of passwords. */
  hashes?: HashQueue;
  /** Queue for the hashes of new keys. */
  keyHashes?: HashQueue;
}

/** Creates the connections. Each connects at its first use. */
function createConnections({ databaseUrl, logger, isCommand = false, timeoutsMs }: ServiceOptions) {
  const mainPool = isCommand ? createCommandPool(databaseUrl, logger) : createMainPool(databaseUrl, logger, timeoutsMs);
  return {
    mainPool,
    verificationPool: createVerificationPool(databaseUrl, logger, timeoutsMs),
    webhookPool: createWebhookPool(databaseUrl, logger, timeoutsMs),
    database: isCommand ? createCommandDatabase(mainPool, logger) : createDatabase(mainPool, logger),
  };
}

/** Creates what the services share: connections, queues, counters, secrets and the audit log. */
function createBase(options: ServiceOptions) {
  const { config, logger, clock = systemClock, isCommand = false } = options;
  const connections = createConnections(options);
  const { mainPool, verificationPool, database } = connections;
  const { hashes = new HashQueue(passwordQueueLimits()), keyHashes = new HashQueue() } = options;
  const pools = { main: mainPool, verification: verificationPool, webhooks: connections.webhookPool };
  const metrics = createMetrics(pools, { password: hashes, key: keyHashes });
  const redis = config.redisUrl === undefined || isCommand ? undefined : createRedis(config.redisUrl, { logger, metrics });
  const budgetsOf = (name: string, keysMax?: number): Budgets => {
    const inMemory = new WindowCounter({ clock, ...(keysMax !== undefined && { keysMax }) });
    return redis ? new SharedWindowCounter({ redis, name, fallback: inMemory, clock, logger }) : inMemory;
  };
  const secrets = new AppSecrets(options.appSecrets);
  const cursors = new Cursors(secrets.keysFor('cursor'));
  const audit = new AuditRecorder({ database, clock, logger, refusals: budgetsOf('refusal'), sink: AUDITED_EVENTS });
  const importSealing = new Sealing(secrets.keysFor('import-secrets'));
  const importForms = new ImportFormRegistry({ database, clock, sealing: importSealing });
  const shared = { secrets, cursors, audit, importSealing, importForms };
  return { ...options, ...connections, ...shared, clock, hashes, keyHashes, metrics, redis, budgetsOf };
}

type Base = ReturnType<typeof createBase>;

/** Creates the services of the identity provider. Null if none is configured. */
function createExternal({ config, clock, database, audit, logger }: Base, parts: { users: Users; externalIdUsers: ExternalIdUsers }) {
  const { identityProvider } = config;
  const claimedPolicies = new ClaimedPolicies({ ...parts, findPolicyId: (name) => findPolicyId(database, name), clock, audit, logger });
  return identityProvider && createExternalAccounts(identityProvider, { ...parts, claimedPolicies, clock, logger });
}

/** Creates the services of accounts: passwords, sessions and users of an identity provider. */
function createAccounts(base: Base) {
  const { config, clock, database, secrets, audit, logger, hashes, budgetsOf } = base;
  const users = new Users(database);
  const usageReader = new UsageService(database);
  const sessions = new Sessions({
    database,
    clock,
    accessTokens: new AccessTokens({ keys: secrets.keysFor('access-token'), clock, ttlSeconds: config.accessTokenTtlSeconds }),
    refreshTokens: new RefreshTokens(secrets.keysFor('refresh-token')),
    audit,
    ttlSeconds: config.refreshTokenTtlSeconds,
  });
  const ownSessions = new OwnSessions({ database, clock, users, sessions, audit });
  const externalIdUsers = new ExternalIdUsers({ database, clock, audit, logger });
  const external = createExternal(base, { users, externalIdUsers });
  const rejections = new TokenRejectionLog({ clock, logger });
  const services = createServiceTokens(base, users);
  const productUsers = new ProductUsers(externalIdUsers);
  const portal = createPortalSessions(base, { users, productUsers });
  const authenticator = new Authenticator({
    sessions: config.localAccounts ? sessions : null,
    external,
    services: services.serviceAuthenticator,
    portalSessions: portal.portalAuthenticator,
    rejections,
  });
  const resetTokens = new ResetTokens({ database, clock });
  const deletion = new AccountDeletion({
    audit,
    forgetUsage: async (transaction, userId) => usageReader.forget(transaction, await idsOfKeys(transaction, userId)),
  });
  const auth = new AuthService({
    clock,
    users,
    sessions,
    passwords: new Passwords({ hashes, cost: config.passwordBcryptCost, findHighestCost: () => users.findHighestPasswordCost() }),
    rules: new PasswordRules(),
    resetTokens,
    limits: new SignInLimits({ budgetsOf, signUpsPerHour: config.signUpsPerHour }),
    deletion,
    audit,
    logger,
    signUpIsOpen: config.signUpIsOpen,
  });
  return {
    users,
    productUsers,
    usageReader,
    sessions,
    ownSessions,
    resetTokens,
    deletion,
    authenticator,
    rejections,
    auth,
    ...services,
    ...portal,
  };
}

function createApiKeys(base: Base, users: Users) {
  const { config, clock, database, audit, cursors, logger, keyHashes, random } = base;
  const issuer = new KeyIssuer({ users, hashes: keyHashes, namespace: config.keyNamespace, ...(random && { random }) });
  const { keysPerUserMax, scopeCatalogue, expiryWarningDays } = config;
  const idempotencyKeys = new IdempotencyKeys({ database, clock });
  return {
    idempotencyKeys,
    apiKeys: new ApiKeyService({ database, clock, users, issuer, idempotencyKeys, audit, logger, keysPerUserMax, scopeCatalogue }),
    keyQueries: new ApiKeyQueries({ database, clock, cursors, expiryWarningDays }),
    keyPolicies: new KeyPolicies({ database, clock, keysPerUserMax, scopeCatalogue, expiryWarningDays }),
    keyFinder: new KeyFinder(database),
    ...createImport(base, users),
  };
}

/** Creates every service once, for the server, the command line and the tests (composition root). */
export function createServices(options: ServiceOptions) {
  const base = createBase(options);
  const accounts = createAccounts(base);
  const keys = createApiKeys(base, accounts.users);
  const audits = { auditLog: new AuditLog(base), auditExport: new AuditExport(base) };
  const policies = createPolicies(base);
  const verification = createVerification({ ...base, ...accounts, notesFirstUsesIf: ANY_ENDPOINT });
  const webhooks = createWebhooks(base, new FirstUses(base.database));
  const { hashes, keyHashes, database, audit, redis, mainPool, verificationPool, webhookPool } = base;
  const stopJobs = () => Promise.all([webhooks.stopWebhooks(), accounts.portalSessionPruning.close(), policies.highestKeysMax.close()]);
  return {
    ...base,
    ...accounts,
    ...keys,
    ...createManagement({ ...base, ...accounts, ...keys, ...policies, ...audits }),
    ...audits,
    ...policies,
    ...verification,
    ...webhooks,
    serverInfo: serverInfoOf(base.config),
    fairUse: new FairUse(base.budgetsOf('query-cost'), FAIR_USE_LIMITS),
    /** Rejects all requests that wait for a hash. */
    closeQueues() {
      for (const queue of [hashes, keyHashes, verification.keyLookup]) queue.close();
    },
    /** Starts the work that a server repeats. */
    start(): void {
      verification.cachedKeys.start();
      accounts.portalSessionPruning.start();
      policies.highestKeysMax.start();
      webhooks.webhookJobs.start();
      webhooks.noticeJob.start();
    },
    /** Stops the work that a server repeats, and waits for what it has begun. Requests need none of it. */
    stopJobs,
    /** Writes pending usage and audit events, and closes the connections. */
    async close(): Promise<void> {
      await stopJobs();
      verification.verifier.close();
      await verification.cachedKeys.close();
      await verification.usage.close();
      accounts.serviceAuthenticator.close();
      await accounts.serviceTokenUses.close();
      await audit.close();
      await database.$disconnect();
      redis?.disconnect();
      await Promise.all([mainPool.end(), verificationPool.end(), webhookPool.end()]);
    },
  };
}

export type Services = ReturnType<typeof createServices>;

import { ApiKeyQueries, idsOfKeys } from './api-keys/api-key-queries.js';
import { ApiKeyService } from './api-keys/api-key-service.js';
import { IdempotencyKeys } from './api-keys/idempotency-keys.js';
import { KeyFinder } from './api-keys/key-finder.js';
import { KeyIssuer } from './api-keys/key-issuer.js';
import { KeyPolicies } from './api-keys/key-policies.js';
import { AuditExport } from './audit/audit-export.js';
import { AuditLog } from './audit/audit-log.js';
import { AccountDeletion } from './auth/accounts/account-deletion.js';
import { Passwords } from './auth/accounts/password.js';
import { PasswordRules } from './auth/accounts/password-rules.js';
import { ResetTokens } from './auth/accounts/reset-tokens.js';
import { Users } from './auth/accounts/users.js';
import { AuthService } from './auth/auth-service.js';
import { Authenticator } from './auth/authenticator.js';
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
import { type ImportOptions, KeyImporter } from './import/importer.js';
import { createManagement } from './management/create-management.js';
import { FAIR_USE_LIMITS } from './platform/limits.js';
import { FairUse } from './platform/rate-limit/fair-use.js';
import { serverInfoOf } from './server/server-info.js';
import { type Base, createBase, type ServiceOptions } from './service-base.js';
import { FirstUses } from './usage/first-uses.js';
import { UsageRecorder } from './usage/usage-recorder.js';
import { UsageService } from './usage/usage-service.js';
import { CachedLookup } from './verification/cache/cached-lookup.js';
import { TriggerCheck } from './verification/cache/trigger-check.js';
import { entryOf } from './verification/key-entry.js';
import { KeyLookup } from './verification/key-lookup.js';
import { PolicyEntries } from './verification/policy-entry.js';
import { isFoundServiceToken, type LookupEntry, ServiceTokenEntry } from './verification/service-token-entry.js';
import { VerificationMetrics } from './verification/verification-metrics.js';
import { Verifier } from './verification/verifier.js';
import { VerifierAccess } from './verification/verifier-access.js';
import { createWebhooks } from './webhooks/create-webhooks.js';
import { ANY_ENDPOINT } from './webhooks/webhook-sql.js';

/** Rate-limited keys that one process counts at the same time. A counter takes about 200 bytes. */
const RATE_LIMITED_KEYS_MAX = 200_000;

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
  const external = config.identityProvider && createExternalAccounts(config.identityProvider, { externalIdUsers, clock, logger });
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
    apiKeys: new ApiKeyService({ database, clock, users, issuer, idempotencyKeys, audit, logger, keysPerUserMax, scopeCatalogue }),
    keyQueries: new ApiKeyQueries({ database, clock, cursors, expiryWarningDays }),
    keyPolicies: new KeyPolicies({ database, clock, keysPerUserMax, scopeCatalogue, expiryWarningDays }),
    keyFinder: new KeyFinder(database),
    /** Creates an importer for one run. A dry run remembers the lines that it has seen. */
    createImporter: (options: ImportOptions) =>
      new KeyImporter({ database, clock, users, audit, keysPerUserMax, scopeCatalogue, ...options }),
  };
}

function createVerification(base: Base, { serviceTokenUses, rejections }: ReturnType<typeof createAccounts>) {
  const { config, databaseUrl, clock, database, mainPool, verificationPool, metrics, logger, budgetsOf } = base;
  const usage = new UsageRecorder({ pool: mainPool, logger, metrics, notesFirstUsesIf: ANY_ENDPOINT });
  const verificationMetrics = new VerificationMetrics(metrics);
  const policies = new PolicyEntries();
  const cachedKeys = new CachedLookup({
    url: databaseUrl,
    pool: verificationPool,
    logger,
    metrics,
    keysMax: config.verificationCacheKeys,
    install: (record): LookupEntry =>
      isFoundServiceToken(record) ? new ServiceTokenEntry(record) : entryOf(record, record.policy && policies.entryOf(record.policy)),
    observeBatch: (verifications) => verificationMetrics.batchSize.observe(verifications),
  });
  const keyLookup = new KeyLookup({ keys: cachedKeys, pool: verificationPool, database, metrics: verificationMetrics });
  const rateLimits = budgetsOf('rate-limit', RATE_LIMITED_KEYS_MAX);
  const verifier = new Verifier({ keys: keyLookup, rateLimits, usage, metrics: verificationMetrics, clock, logger });
  const verifierAccess = new VerifierAccess({
    tokens: config.verifierTokens,
    isRestricted: config.verificationIsRestricted,
    lookup: cachedKeys,
    uses: serviceTokenUses,
    rejections,
    clock,
  });
  return { usage, cachedKeys, triggerCheck: new TriggerCheck(mainPool), keyLookup, verifier, verifierAccess };
}

/** Creates every service once, for the server, the command line and the tests (composition root). */
export function createServices(options: ServiceOptions) {
  const base = createBase(options);
  const accounts = createAccounts(base);
  const keys = createApiKeys(base, accounts.users);
  const auditLog = new AuditLog(base);
  const auditExport = new AuditExport(base);
  const verification = createVerification(base, accounts);
  const webhooks = createWebhooks(base, new FirstUses(base.database));
  const { hashes, keyHashes, database, audit, redis, mainPool, verificationPool } = base;
  return {
    ...base,
    ...accounts,
    ...keys,
    ...createManagement({ ...base, ...accounts, ...keys, auditLog }),
    auditLog,
    auditExport,
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
      webhooks.webhookJobs.start();
      webhooks.noticeJob.start();
    },
    /** Writes pending usage and audit events, and closes the connections. */
    async close(): Promise<void> {
      await webhooks.closeWebhooks();
      verification.verifier.close();
      await verification.cachedKeys.close();
      await verification.usage.close();
      accounts.serviceAuthenticator.close();
      await accounts.serviceTokenUses.close();
      await accounts.portalSessionPruning.close();
      await audit.close();
      await database.$disconnect();
      redis?.disconnect();
      await Promise.all([mainPool.end(), verificationPool.end()]);
    },
  };
}

export type Services = ReturnType<typeof createServices>;

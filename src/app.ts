// First: TypeGraphQL's decorators read the types that this makes available.
import 'reflect-metadata';

import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import DataLoader from 'dataloader';
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Registry } from 'prom-client';
import { KeyIssuer } from './api-keys/key-issuer.js';
import { createApiKeyLoaders } from './api-keys/loaders.js';
import { ApiKeyResolver } from './api-keys/resolver.js';
import { ApiKeyService } from './api-keys/service.js';
import { AuditResolver } from './audit/resolver.js';
import { AuditLog } from './audit/service.js';
import { AccessTokens } from './auth/access-token.js';
import { AccountDeletion } from './auth/account-deletion.js';
import { AccountResolver } from './auth/account-resolver.js';
import { Authenticator, type ExternalAccounts } from './auth/authenticator.js';
import { Authentication, type Context } from './auth/context.js';
import { ExternalTokens } from './auth/external/external-tokens.js';
import { ExternalUsers } from './auth/external/external-users.js';
import { claimExternalIds } from './auth/external/id-namespace.js';
import { KeySet } from './auth/external/key-set.js';
import { isUnencrypted, keySource } from './auth/external/key-source.js';
import { Passwords } from './auth/password.js';
import { PasswordRules } from './auth/password-rules.js';
import { RefreshTokens } from './auth/refresh-token.js';
import { ResetTokens } from './auth/reset-tokens.js';
import { AuthResolver } from './auth/resolver.js';
import { AuthService } from './auth/service.js';
import { SessionResolver } from './auth/session-resolver.js';
import { Sessions } from './auth/sessions.js';
import { SignInLimits } from './auth/sign-in-limits.js';
import { TokenRejectionLog } from './auth/token-rejection.js';
import { Users } from './auth/users.js';
import { findHighestPasswordCost } from './auth/users.queries.js';
import type { Config, IdentityProvider } from './config.js';
import { FAIR_USE_LIMITS, GRAPHQL_LIMITS } from './limits.js';
import { type Clock, systemClock } from './platform/clock.js';
import { createDatabase, createMainPool, type Database } from './platform/database/client.js';
import { Allowance, FairUse } from './platform/fair-use.js';
import { SANDBOX_CSP } from './platform/graphql/sandbox.js';
import { buildGraphqlSchema } from './platform/graphql/schema.js';
import { registerSchemaRoute } from './platform/graphql/schema-route.js';
import { createGraphqlServer } from './platform/graphql/server.js';
import { HashQueue, passwordQueueLimits } from './platform/hash-queue.js';
import { registerAccessLog } from './platform/http/access-log.js';
import { bearerTokenOf } from './platform/http/bearer-token.js';
import { registerBodies } from './platform/http/bodies.js';
import { registerCors } from './platform/http/cors.js';
import { registerNotFound } from './platform/http/error-answers.js';
import { registerHealth } from './platform/http/health.js';
import { registerHomePage } from './platform/http/home-page.js';
import { registerHtmlPolicy } from './platform/http/html.js';
import { registerMetricsRoute } from './platform/http/metrics-route.js';
import { createHttpServer } from './platform/http/server.js';
import type { Logger } from './platform/logger.js';
import { LoopTurns } from './platform/loop-turns.js';
import { createErrorCounter, createMetrics } from './platform/metrics.js';
import { Cursors } from './platform/pagination.js';
import { createRedis } from './platform/redis.js';
import { AppSecrets } from './platform/secrets.js';
import { SharedWindowCounter } from './platform/shared-window-counter.js';
import { type Budgets, WindowCounter } from './platform/window-counter.js';
import { UsageRecorder } from './usage/recorder.js';
import { ApiKeyUsageResolver } from './usage/resolver.js';
import { UsageService } from './usage/service.js';
import { registerGatewayRoute } from './verification/gateway-route.js';
import { createVerificationPool, KeyLookup } from './verification/key-lookup.js';
import { VerificationMetrics } from './verification/metrics.js';
import { VerificationResolver } from './verification/resolver.js';
import { Verifier } from './verification/verifier.js';
import { VerifierTokens } from './verification/verifier-tokens.js';

export const GRAPHQL_PATH = '/graphql';

/** Keys in use at once in one process, those with a rate limit. A window takes some 200 bytes. */
const RATE_LIMITED_KEYS_MAX = 200_000;

/** While draining, what waits for its hash after so long is refused, and what is still in flight in the end cut off. */
const DRAIN_MS = { hashes: 4_000, connections: 6_000 };

export interface AppOptions {
  config: Config;
  databaseUrl: string;
  /** Newest first. */
  appSecrets: readonly Buffer[];
  logger: Logger;
  /** Given only by tests, as is `random`. */
  clock?: Clock;
  random?: (bytes: number) => Buffer;
}

export interface App {
  http: FastifyInstance;
  database: Database;
  /** Of passwords. */
  hashes: HashQueue;
  /** Of new keys. */
  keyHashes: HashQueue;
  usage: UsageRecorder;
  /** As they are now; /metrics shows them as they were within the last second. */
  metrics: Registry;
  /** Answers what is in flight, refuses what is new, then lets go of the database. */
  close(): Promise<void>;
}

/** The whole schema, as it is served and as schema.graphql tells it. */
export const buildKeywardSchema = (services: {
  auth: AuthService;
  sessions: Sessions;
  apiKeys: ApiKeyService;
  audit: AuditLog;
  verifier: Verifier;
  verifierTokens: VerifierTokens;
  externalIdIssuer: string | null;
}): GraphQLSchema =>
  buildGraphqlSchema([
    new AuthResolver(services.auth),
    new AccountResolver(services.auth, services.externalIdIssuer),
    new SessionResolver(services.sessions),
    new ApiKeyResolver(services.apiKeys),
    new ApiKeyUsageResolver(),
    new AuditResolver(services.audit),
    new VerificationResolver(services.verifier, services.verifierTokens),
  ]);

/** The composition root: the one place that knows every part. The app listens nowhere yet. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, logger, clock = systemClock } = options;
  const mainPool = createMainPool(options.databaseUrl, logger);
  const verificationPool = createVerificationPool(options.databaseUrl, logger);
  const database = createDatabase(mainPool, logger);
  const hashes = new HashQueue(passwordQueueLimits());
  const keyHashes = new HashQueue();
  const metrics = createMetrics({ main: mainPool, verification: verificationPool }, { password: hashes, key: keyHashes });
  const countError = createErrorCounter(metrics);
  const secrets = new AppSecrets(options.appSecrets);
  const redis = config.redisUrl === undefined ? undefined : createRedis(config.redisUrl, { logger, metrics });
  const budgetsOf = (name: string, keysMax?: number): Budgets => {
    const inMemory = new WindowCounter({ clock, ...(keysMax !== undefined && { keysMax }) });
    return redis ? new SharedWindowCounter({ redis, name, fallback: inMemory, clock, logger }) : inMemory;
  };

  const cursors = new Cursors(secrets.keysFor('cursor'));
  const audit = new AuditLog({ database, clock, cursors, logger, refusals: budgetsOf('refusal') });
  const users = new Users(database);
  const usageService = new UsageService(database);
  const sessions = new Sessions({
    database,
    clock,
    accessTokens: new AccessTokens({ keys: secrets.keysFor('access-token'), clock, ttlSeconds: config.accessTokenTtlSeconds }),
    refreshTokens: new RefreshTokens(secrets.keysFor('refresh-token')),
    audit,
    ttlSeconds: config.refreshTokenTtlSeconds,
  });
  const external = config.identityProvider && createExternalAccounts(config.identityProvider, { database, clock, audit, logger });
  const rejections = new TokenRejectionLog({ clock, logger });
  const authenticator = new Authenticator({ sessions: config.localAccounts ? sessions : null, external, rejections });
  const findHighestCost = () => findHighestPasswordCost(database);
  const auth = new AuthService({
    clock,
    users,
    sessions,
    passwords: new Passwords({ hashes, cost: config.passwordBcryptCost, findHighestCost }),
    rules: new PasswordRules(),
    resetTokens: new ResetTokens({ database, clock }),
    limits: new SignInLimits({ budgetsOf, signUpsPerHour: config.signUpsPerHour }),
    deletion: new AccountDeletion({ usage: usageService, audit }),
    audit,
    logger,
    signUpIsOpen: config.signUpIsOpen,
  });
  const issuer = new KeyIssuer({
    users,
    hashes: keyHashes,
    namespace: config.keyNamespace,
    ...(options.random && { random: options.random }),
  });
  const apiKeys = new ApiKeyService({
    database,
    clock,
    users,
    issuer,
    audit,
    cursors,
    logger,
    keysPerUserMax: config.keysPerUserMax,
    scopeCatalogue: config.scopeCatalogue,
    expiryWarningDays: config.expiryWarningDays,
  });

  const usage = new UsageRecorder({ pool: mainPool, logger, metrics });
  const verificationMetrics = new VerificationMetrics(metrics);
  const keys = new KeyLookup({ pool: verificationPool, database, metrics: verificationMetrics });
  const verifier = new Verifier({
    keys,
    rateLimits: budgetsOf('rate-limit', RATE_LIMITED_KEYS_MAX),
    usage,
    metrics: verificationMetrics,
    clock,
    logger,
  });
  const verifierTokens = new VerifierTokens(config.verifierTokens);

  const externalIdIssuer = await claimExternalIds(database, config.identityProvider?.issuer ?? null);
  const schema = buildKeywardSchema({ auth, sessions, apiKeys, audit, verifier, verifierTokens, externalIdIssuer });
  const graphql = createGraphqlServer<Context>({
    schema,
    introspection: config.introspection,
    // Of the server's origin in production only the console may run script.
    sandbox: config.introspection && !config.production,
    logger,
    countError,
    limits: GRAPHQL_LIMITS,
  });
  await graphql.start();

  const http = createHttpServer({ logger, trustedProxies: config.trustedProxies });
  let draining = false;
  await http.register(async (scope) => {
    registerAccessLog(scope, logger, 'info');
    registerBodies(scope);
    registerHtmlPolicy(scope, SANDBOX_CSP);
    await registerCors(scope, { origins: config.corsOrigins, localPages: !config.production, logger });
    registerGraphql(scope, graphql, {
      authenticator,
      localAccounts: config.localAccounts,
      users,
      database,
      usage: usageService,
      fairUse: new FairUse(budgetsOf('query-cost'), FAIR_USE_LIMITS),
      keysPerUserMax: config.keysPerUserMax,
    });
    if (config.introspection) registerSchemaRoute(scope, schema);
    registerHomePage(scope, { production: config.production, schemaIsPublic: config.introspection });
    registerHealth(scope, async () => !draining && (await isReachable(database)));
    registerMetricsRoute(scope, { registry: metrics, token: config.metricsToken, production: config.production, clock });
    registerNotFound(scope);
  });
  await http.register(async (scope) => {
    // Of interest are the refusals, which the verifier logs. A line for each verification would cost as much as that.
    registerAccessLog(scope, logger, 'debug');
    registerGatewayRoute(scope, { verifier, verifierTokens, logger, countError });
  });

  const closeQueues = () => {
    for (const queue of [hashes, keyHashes, keys]) queue.close();
  };
  return {
    http,
    database,
    hashes,
    keyHashes,
    usage,
    metrics,
    async close() {
      draining = true;
      const deadlines = [
        setTimeout(closeQueues, DRAIN_MS.hashes),
        setTimeout(() => http.server.closeAllConnections(), DRAIN_MS.connections),
      ];
      await http.close();
      verifier.close();
      for (const deadline of deadlines) clearTimeout(deadline);
      await graphql.stop();
      await usage.close();
      await audit.close();
      await database.$disconnect();
      redis?.disconnect();
      await Promise.all([mainPool.end(), verificationPool.end()]);
    },
  };
}

function createExternalAccounts(
  { issuer, audience, jwksUrl }: IdentityProvider,
  parts: { database: Database; clock: Clock; audit: AuditLog; logger: Logger },
): ExternalAccounts {
  if (isUnencrypted(jwksUrl)) {
    parts.logger.warn(
      'AUTH_JWKS_URL is plain http: whoever can change what passes on this network can sign in as any user. Use https outside a trusted network.',
    );
  }
  const keys = new KeySet({ load: keySource(jwksUrl), clock: parts.clock, logger: parts.logger });
  return { tokens: new ExternalTokens({ issuer, audience, keys, clock: parts.clock }), users: new ExternalUsers(parts) };
}

function registerGraphql(
  http: FastifyInstance,
  graphql: ApolloServer<Context>,
  parts: {
    authenticator: Authenticator;
    localAccounts: boolean;
    users: Users;
    database: Database;
    usage: UsageService;
    fairUse: FairUse;
    keysPerUserMax: number;
  },
): void {
  const turns = new LoopTurns();
  http.route({
    method: ['GET', 'POST'],
    exposeHeadRoute: false,
    url: GRAPHQL_PATH,
    handler: fastifyApolloHandler(graphql, {
      context: async (request): Promise<Context> => {
        // Before the document is parsed: hostile ones that arrive together must not hold up verification.
        await turns.pass();
        const bearerToken = bearerTokenOf(request.headers.authorization);
        const origin = { requestId: request.id, ipAddress: request.callerAddress, userAgent: request.headers['user-agent'] ?? null };
        const allowance = new Allowance(parts.fairUse);
        return {
          ...origin,
          onOperation: (operation) => {
            request.operation = operation;
          },
          bearerToken,
          allowance,
          authentication: new Authentication({ authenticator: parts.authenticator, bearerToken, origin, allowance }),
          keysPerUserMax: parts.keysPerUserMax,
          localAccounts: parts.localAccounts,
          verifierToken: request.headers['x-verifier-token']?.toString(),
          usage: parts.usage.loaders(),
          apiKeys: createApiKeyLoaders(parts.database),
          users: new DataLoader((ids: readonly string[]) => parts.users.findByIds(ids)),
        };
      },
    }),
  });
}

const isReachable = (database: Database): Promise<boolean> =>
  database.$queryRaw`SELECT 1`.then(
    () => true,
    () => false,
  );

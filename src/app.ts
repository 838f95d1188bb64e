// Must be the first import: TypeGraphQL's decorators need it when the resolvers are loaded.
import 'reflect-metadata';

import type { FastifyInstance } from 'fastify';
import { claimExternalIds } from './auth/external/id-namespace.js';
import { warnAtStart } from './auth/service-tokens/start-warnings.js';
import type { RefreshCookieSettings } from './auth/sessions/refresh-cookie.js';
import type { Config } from './config.js';
import { CONSOLE_FOLDER, CONSOLE_PATH, type ConsoleFiles, readConsole, registerConsole, registerElement } from './console/console-route.js';
import { type Context, registerGraphql } from './graphql-route.js';
import { buildKeywardSchema } from './keyward-schema.js';
import { type Database } from './platform/database/client.js';
import { createGraphqlServer } from './platform/graphql/graphql-server.js';
import { SANDBOX_CSP } from './platform/graphql/sandbox.js';
import { registerSchemaRoute } from './platform/graphql/schema-route.js';
import { registerAccessLog } from './platform/http/access-log.js';
import { registerBodies } from './platform/http/bodies.js';
import { CallerAddresses } from './platform/http/caller-address.js';
import { registerCors } from './platform/http/cors.js';
import { registerNotFound } from './platform/http/error-answers.js';
import { registerHealth } from './platform/http/health.js';
import { registerHome } from './platform/http/home.js';
import { registerHtmlPolicy } from './platform/http/html.js';
import { createHttpServer } from './platform/http/http-server.js';
import { registerMetricsRoute } from './platform/http/metrics-route.js';
import { GRAPHQL_LIMITS } from './platform/limits.js';
import type { Logger } from './platform/logger.js';
import { createErrorCounter } from './platform/process-metrics.js';
import type { Services } from './services.js';
import { GatewayListener } from './verification/gateway-listener.js';

/** Shutdown deadlines: queued hashes are rejected after `hashes`, open connections are closed after `connections`. */
const DRAIN_MS = { hashes: 4_000, connections: 6_000 };

export interface App {
  http: FastifyInstance;
  /** Path of the console. Null if it is not served. */
  consolePath: string | null;
  /** Finishes the requests in flight, rejects new ones, then closes the connections to the database. */
  close(): Promise<void>;
}

/**
 * Creates the server on the services: GraphQL, routes and shutdown. It does not listen yet.
 *
 * @param options.consoleFolder the build of the console. Tests pass their own
 */
export async function createApp(services: Services, { consoleFolder = CONSOLE_FOLDER } = {}): Promise<App> {
  const { config, logger } = services;
  // Takes about as long as the queries below, so both run at the same time. It does not throw.
  const reading = readConsole(consoleFolder, logger);
  const countError = createErrorCounter(services.metrics);
  const externalIdIssuer = await prepareStart(services);
  const schema = buildKeywardSchema({ ...services, externalIdIssuer });
  const { introspection, production, localAccounts } = config;
  // In production, the console must be the only page that runs scripts with the origin of the server.
  const sandbox = introspection && !production;
  const consoleFiles = await reading;
  const consolePath = config.consoleIsEnabled && consoleFiles.shell ? CONSOLE_PATH : null;
  const graphql = createGraphqlServer<Context>({ schema, introspection, sandbox, logger, countError, limits: GRAPHQL_LIMITS });
  await graphql.start();

  const callerAddresses = new CallerAddresses(config.trustedProxies, logger);
  const front = new GatewayListener({ ...services, callerAddresses, logger, countError });
  const http = createHttpServer({ logger, callerAddresses, front });
  http.addHook('onClose', async () => front.close());
  let draining = false;
  await http.register(async (scope) => {
    registerAccessLog(scope, logger, 'info');
    registerBodies(scope);
    registerHtmlPolicy(scope, SANDBOX_CSP);
    await registerCors(scope, {
      origins: config.corsOrigins,
      localPages: !production,
      isOfPortalSession: (origin) => services.portalOrigins.has(origin),
      logger,
    });
    registerGraphql(scope, graphql, { ...services, localAccounts, production, refreshCookie: refreshCookieOf(config) });
    if (introspection) registerSchemaRoute(scope, schema);
    if (config.consoleIsEnabled) registerHome(scope, { production, schemaIsPublic: introspection, page: consolePath });
    registerHealth(scope, async () => !draining && (await isReachable(services.database)));
    registerMetricsRoute(scope, { registry: services.metrics, token: config.metricsToken, production, clock: services.clock });
    registerNotFound(scope);
  });
  await http.register(async (pages) => registerPages(pages, consoleFiles, { config, consolePath, logger }));
  return {
    http,
    consolePath,
    async close() {
      draining = true;
      // At once, because the work that they begin would be lost or delay the end. They finish while the requests do.
      const jobs = services.stopJobs();
      const deadlines = [
        setTimeout(() => services.closeQueues(), DRAIN_MS.hashes),
        setTimeout(() => http.server.closeAllConnections(), DRAIN_MS.connections),
      ];
      await http.close();
      for (const deadline of deadlines) clearTimeout(deadline);
      await graphql.stop();
      await jobs;
      await services.close();
    },
  };
}

/** Runs the checks and queries of a start. Returns the issuer of the external IDs, or null. */
async function prepareStart(services: Services): Promise<string | null> {
  const { config, logger } = services;
  const externalIdIssuer = await claimExternalIds(services.database, config.externalIdNamespace);
  await services.auditExport.alignGeneration();
  await services.cachedKeys.readForms(services.mainPool);
  await services.highestKeysMax.read();
  const signUpIsOpen = config.localAccounts && config.signUpIsOpen;
  await warnAtStart(services.serviceTokens, { signUpIsOpen, verificationIsOpen: !config.verificationIsRestricted }, logger);
  return externalIdIssuer;
}

/** Registers the console and the element. Their scope allows other origins nothing but the script of the element. */
function registerPages(
  pages: FastifyInstance,
  files: ConsoleFiles,
  { config, consolePath, logger }: { config: Config; consolePath: string | null; logger: Logger },
): void {
  registerAccessLog(pages, logger, 'info');
  if (consolePath !== null) registerConsole(pages, files, config.consoleConnectOrigins);
  registerElement(pages, files);
}

const refreshCookieOf = ({ consoleIsEnabled, consoleOrigin, refreshTokenTtlSeconds }: Config): RefreshCookieSettings => ({
  isEnabled: consoleIsEnabled,
  consoleOrigin,
  maxAgeSeconds: refreshTokenTtlSeconds,
});

const isReachable = (database: Database): Promise<boolean> =>
  database.$queryRaw`SELECT 1`.then(
    () => true,
    () => false,
  );

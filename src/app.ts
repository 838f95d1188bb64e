// First: TypeGraphQL's decorators read the types that this makes available.
import 'reflect-metadata';

import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import DataLoader from 'dataloader';
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { ApiKeyResolver } from './api-keys/resolver.js';
import { ApiKeyService } from './api-keys/service.js';
import { AccessTokens } from './auth/access-token.js';
import { Authentication, type Context } from './auth/context.js';
import { Passwords } from './auth/password.js';
import { RefreshTokens } from './auth/refresh-token.js';
import { AuthResolver } from './auth/resolver.js';
import { AuthService } from './auth/service.js';
import { Sessions } from './auth/sessions.js';
import { SignInLimits } from './auth/sign-in-limits.js';
import { Users } from './auth/users.js';
import type { Config } from './config.js';
import { type Clock, systemClock } from './platform/clock.js';
import { createDatabase, type Database } from './platform/database/client.js';
import { SANDBOX_CSP } from './platform/graphql/sandbox.js';
import { buildGraphqlSchema } from './platform/graphql/schema.js';
import { createGraphqlServer } from './platform/graphql/server.js';
import { HashQueue } from './platform/hash-queue.js';
import { bearerTokenOf } from './platform/http/bearer-token.js';
import { registerHealth } from './platform/http/health.js';
import { createHttpServer } from './platform/http/server.js';
import type { Logger } from './platform/logger.js';
import { AppSecrets } from './platform/secrets.js';

export const GRAPHQL_PATH = '/graphql';

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
  hashes: HashQueue;
  /** Answers what is in flight, refuses what is new, then lets go of the database. */
  close(): Promise<void>;
}

/** The whole schema, as it is served and as schema.graphql tells it. */
export const buildKeywardSchema = (services: { auth: AuthService; apiKeys: ApiKeyService }): GraphQLSchema =>
  buildGraphqlSchema([new AuthResolver(services.auth), new ApiKeyResolver(services.apiKeys)]);

/** The composition root: the one place that knows every part. The app listens nowhere yet. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, logger, clock = systemClock } = options;
  const database = createDatabase(options.databaseUrl, logger);
  const secrets = new AppSecrets(options.appSecrets);
  const hashes = new HashQueue();

  const users = new Users(database);
  const sessions = new Sessions({
    database,
    clock,
    accessTokens: new AccessTokens({ keys: secrets.keysFor('access-token'), clock, ttlSeconds: config.accessTokenTtlSeconds }),
    refreshTokens: new RefreshTokens(secrets.keysFor('refresh-token')),
    ttlSeconds: config.refreshTokenTtlSeconds,
  });
  const passwords = new Passwords({ hashes, cost: config.passwordBcryptCost });
  const auth = new AuthService({ clock, users, sessions, passwords, limits: new SignInLimits(clock), logger });
  const apiKeys = new ApiKeyService({
    database,
    clock,
    users,
    hashes,
    logger,
    keysPerUserMax: config.keysPerUserMax,
    namespace: config.keyNamespace,
    ...(options.random && { random: options.random }),
  });

  const schema = buildKeywardSchema({ auth, apiKeys });
  const graphql = createGraphqlServer<Context>({ schema, introspection: config.introspection, logger });
  await graphql.start();

  const http = await createHttpServer({
    logger,
    trustedProxies: config.trustedProxies,
    corsOrigins: config.corsOrigins,
    contentSecurityPolicy: SANDBOX_CSP,
  });
  registerGraphql(http, graphql, { sessions, users });

  let draining = false;
  registerHealth(http, async () => !draining && (await isReachable(database)));

  return {
    http,
    database,
    hashes,
    async close() {
      draining = true;
      const deadlines = [
        setTimeout(() => hashes.close(), DRAIN_MS.hashes),
        setTimeout(() => http.server.closeAllConnections(), DRAIN_MS.connections),
      ];
      await http.close();
      for (const deadline of deadlines) clearTimeout(deadline);
      await graphql.stop();
      await database.$disconnect();
    },
  };
}

function registerGraphql(http: FastifyInstance, graphql: ApolloServer<Context>, parts: { sessions: Sessions; users: Users }): void {
  http.route({
    method: ['GET', 'POST'],
    exposeHeadRoute: false,
    url: GRAPHQL_PATH,
    handler: fastifyApolloHandler(graphql, {
      context: async (request): Promise<Context> => {
        const bearerToken = bearerTokenOf(request.headers.authorization);
        return {
          requestId: request.id,
          ipAddress: request.ip,
          bearerToken,
          authentication: new Authentication(parts.sessions, bearerToken),
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

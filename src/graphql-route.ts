import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import DataLoader from 'dataloader';
import type { FastifyInstance } from 'fastify';
import type { ActivityContext } from './activity/activity-context.js';
import { createApiKeyLoaders } from './api-keys/api-key-loaders.js';
import { UserKeys } from './api-keys/user-keys.js';
import type { AuditLog } from './audit/audit-log.js';
import { Users } from './auth/accounts/users.js';
import { type AuthContext, Authentication } from './auth/auth-context.js';
import { Authenticator } from './auth/authenticator.js';
import { userActor } from './platform/actor.js';
import { type Database } from './platform/database/client.js';
import { bearerTokenOf } from './platform/http/bearer-token.js';
import type { Cursors } from './platform/pagination.js';
import { Allowance, FairUse } from './platform/rate-limit/fair-use.js';
import { UsageService } from './usage/usage-service.js';
import type { VerificationContext } from './verification/verification-context.js';

export const GRAPHQL_PATH = '/graphql';

/** Context of a request for the resolvers of all features. */
export type Context = AuthContext & ActivityContext & VerificationContext;

/** Registers the GraphQL endpoint. Each request gets a new context. */
export function registerGraphql(
  http: FastifyInstance,
  graphql: ApolloServer<Context>,
  parts: {
    authenticator: Authenticator;
    localAccounts: boolean;
    users: Users;
    database: Database;
    cursors: Cursors;
    usageReader: UsageService;
    auditLog: AuditLog;
    fairUse: FairUse;
    keysPerUserMax: number;
  },
): void {
  http.route({
    method: ['GET', 'POST'],
    exposeHeadRoute: false,
    url: GRAPHQL_PATH,
    handler: fastifyApolloHandler(graphql, {
      context: async (request): Promise<Context> => {
        const bearerToken = bearerTokenOf(request.headers.authorization);
        const source = { requestId: request.id, ipAddress: request.callerAddress, userAgent: request.headers['user-agent'] ?? null };
        const allowance = new Allowance(parts.fairUse);
        const apiKeys = createApiKeyLoaders(parts.database);
        return {
          ...source,
          actor: userActor(source),
          onOperation: (operation) => {
            request.operation = operation;
          },
          bearerToken,
          allowance,
          authentication: new Authentication({ authenticator: parts.authenticator, bearerToken, source, allowance }),
          keysPerUserMax: parts.keysPerUserMax,
          localAccounts: parts.localAccounts,
          verifierToken: request.headers['x-verifier-token']?.toString(),
          usage: parts.usageReader.loaders(),
          apiKeys,
          userKeys: new UserKeys({ database: parts.database, cursors: parts.cursors, loaders: apiKeys }),
          keyEvents: parts.auditLog.keyEvents(),
          users: new DataLoader((ids: readonly string[]) => parts.users.findByIds(ids)),
        };
      },
    }),
  });
}

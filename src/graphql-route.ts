import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import DataLoader from 'dataloader';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ActivityContext } from './activity/activity-context.js';
import { createApiKeyLoaders } from './api-keys/api-key-loaders.js';
import { UserKeys } from './api-keys/user-keys.js';
import type { AuditLog } from './audit/audit-log.js';
import { Users } from './auth/accounts/users.js';
import { Authentication } from './auth/auth-context.js';
import { Authenticator } from './auth/authenticator.js';
import type { ProductUsers } from './auth/external/product-users.js';
import { type ActingHeaders, readActingHeaders } from './auth/service-tokens/acting-headers.js';
import { isServiceToken } from './auth/service-tokens/service-token-rules.js';
import { RefreshCookie, type RefreshCookieSettings, transportOf } from './auth/sessions/refresh-cookie.js';
import type { ManagementContext } from './management/management-context.js';
import { userActor } from './platform/actor.js';
import { type Database } from './platform/database/client.js';
import { bearerTokenOf } from './platform/http/bearer-token.js';
import { HttpError } from './platform/http/error-answers.js';
import type { Cursors } from './platform/pagination.js';
import { Allowance, FairUse } from './platform/rate-limit/fair-use.js';
import type { HighestKeysMax } from './policies/highest-keys-max.js';
import { type PoliciesContext } from './policies/policies-context.js';
import { createPolicyLoader } from './policies/policy-loader.js';
import { createPolicyRowLoaders } from './policies/policy-row-loaders.js';
import { UsageService } from './usage/usage-service.js';
import type { VerificationContext } from './verification/verification-context.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The credentials of a GraphQL request. Undefined on other routes. */
    credentials: Credentials;
  }
}

export const GRAPHQL_PATH = '/graphql';

/** Context of a request for the resolvers of all features. */
export type Context = ActivityContext & ManagementContext & PoliciesContext & VerificationContext;

interface Parts {
  authenticator: Authenticator;
  productUsers: ProductUsers;
  localAccounts: boolean;
  users: Users;
  database: Database;
  cursors: Cursors;
  usageReader: UsageService;
  auditLog: AuditLog;
  fairUse: FairUse;
  highestKeysMax: HighestKeysMax;
  production: boolean;
  refreshCookie: RefreshCookieSettings;
}

/** The credentials of a request. */
interface Credentials {
  bearerToken: string | undefined;
  verifierToken: string | undefined;
  /** Null if the request has no service token. The headers are then ignored. */
  acting: ActingHeaders | null;
}

const NOT_ACTING: ActingHeaders = { onBehalfOf: null, actor: null, clientAddress: null };

/** Reads the credentials. @throws {HttpError} 400 if a header about the user that a service acts for is ambiguous or malformed */
function credentialsOf({ headers, raw }: FastifyRequest): Credentials {
  const bearerToken = bearerTokenOf(headers.authorization);
  const verifierToken = headers['x-verifier-token']?.toString();
  if (!isServiceToken(bearerToken) && !isServiceToken(verifierToken)) return { bearerToken, verifierToken, acting: null };
  const acting = readActingHeaders(raw.rawHeaders);
  if ('fault' in acting) throw new HttpError(400, acting.fault);
  return { bearerToken, verifierToken, acting };
}

/** Returns whether a web page sent the request. Outside production, a page of the server itself, such as Sandbox, does not count. */
function isFromPage({ headers: { origin, host } }: FastifyRequest, production: boolean): boolean {
  return origin !== undefined && (production || origin.replace(/^https?:\/\//, '') !== host);
}

/** Registers the GraphQL endpoint. Each request gets a new context. */
export function registerGraphql(http: FastifyInstance, graphql: ApolloServer<Context>, parts: Parts): void {
  http.decorateRequest('credentials');
  http.route({
    method: ['GET', 'POST'],
    exposeHeadRoute: false,
    url: GRAPHQL_PATH,
    onRequest: async (request) => {
      request.credentials = credentialsOf(request);
    },
    handler: fastifyApolloHandler(graphql, { context: async (request, reply) => contextOf(request, reply, parts) }),
  });
}

function contextOf(request: FastifyRequest, reply: FastifyReply, parts: Parts): Context {
  const { bearerToken, verifierToken, acting } = request.credentials;
  const source = {
    requestId: request.id,
    ipAddress: request.callerAddress,
    userAgent: request.headers['user-agent'] ?? null,
    receivedAt: performance.now(),
  };
  const allowance = new Allowance(parts.fairUse);
  const authentication = new Authentication({
    authenticator: parts.authenticator,
    productUsers: parts.productUsers,
    bearerToken,
    source,
    actingHeaders: acting ?? NOT_ACTING,
    origin: request.headers.origin ?? null,
    isServiceTokenOfPage: acting !== null && isFromPage(request, parts.production),
    allowance,
  });
  const apiKeys = createApiKeyLoaders(parts.database);
  return {
    ...source,
    actor: userActor(source),
    onOperation: (operation) => {
      request.operation = operation;
    },
    bearerToken,
    verifierToken,
    allowance,
    authentication,
    refreshCookie: new RefreshCookie({
      transport: transportOf(request, parts.refreshCookie),
      headers: request.headers,
      maxAgeSeconds: parts.refreshCookie.maxAgeSeconds,
      setCookie: (value) => void reply.header('set-cookie', value),
    }),
    isPost: request.method === 'POST',
    highestKeysMax: parts.highestKeysMax.value,
    localAccounts: parts.localAccounts,
    usage: parts.usageReader.loaders(),
    apiKeys,
    policies: createPolicyLoader(parts.database),
    userKeys: new UserKeys({ database: parts.database, cursors: parts.cursors, loaders: apiKeys }),
    policyRows: createPolicyRowLoaders(parts.database),
    keyEvents: parts.auditLog.keyEvents(),
    users: new DataLoader((ids: readonly string[]) => parts.users.findByIds(ids)),
  };
}

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { GraphQLError } from 'graphql';
import { checkRequest, type GuardOptions, type Problem } from './guard.js';
import type { ValidKey } from './verification.js';
import type { KeywardVerifier } from './verifier.js';

export type { GuardOptions } from './guard.js';

/** A request of Node, Express or Koa, as the integrations of Apollo Server pass it. */
type NodeRequest = IncomingMessage & { ip?: string | undefined };

/** A request of Fastify. */
interface FastifyRequest {
  headers: IncomingHttpHeaders;
  ip: string;
  raw: IncomingMessage;
}

/** The first argument of Apollo Server's `context`: `{ req }` standalone and in Express, the request in Fastify. */
export type ContextArgument = { req: NodeRequest } | FastifyRequest;

/** Context of the resolvers. */
export interface ApiKeyContext {
  /** The valid key of the request. */
  apiKey: ValidKey;
}

/** Returns the error that Apollo Server answers with the status and headers of a rejection. */
function errorOf({ status, code, detail, headers }: Problem): GraphQLError {
  const { 'content-type': _type, ...others } = headers;
  return new GraphQLError(detail, { extensions: { code, http: { status, headers: new Map(Object.entries(others)) } } });
}

/**
 * Returns a `context` function for Apollo Server that accepts requests with a valid API key. Resolvers read it as `context.apiKey`.
 *
 * The address of the caller is that of the framework: `request.ip` in Express and Fastify, the peer in a standalone server.
 *
 * @throws {GraphQLError} from the function: Apollo Server then answers with the status of the rejection
 */
export function requireApiKey(verifier: KeywardVerifier, options: GuardOptions = {}) {
  return async (argument: ContextArgument): Promise<ApiKeyContext> => {
    const request = 'req' in argument ? argument.req : { headers: argument.headers, rawHeaders: argument.raw.rawHeaders };
    const ipAddress = 'req' in argument ? (argument.req.ip ?? argument.req.socket.remoteAddress) : argument.ip;
    const result = await checkRequest(verifier, request, ipAddress, options);
    if ('problem' in result) throw errorOf(result.problem);
    return { apiKey: result.key };
  };
}

import type { ApolloServerPlugin, GraphQLRequestContext, GraphQLRequestListener, HTTPGraphQLRequest } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import Negotiator from 'negotiator';
import type { ErrorCode } from '../errors/keyward-error.js';
import { bearerChallenge } from '../http/bearer-token.js';
import type { Logger } from '../logger.js';
import type { ErrorCounter } from '../process-metrics.js';
import { graphqlToKeywardError } from './format-error.js';
import { locationsOf } from './locations.js';
import { describeOperation } from './operation-name.js';
import type { RequestContext } from './request-context.js';

const JSON_RESPONSE = 'application/json';
const GRAPHQL_RESPONSE = 'application/graphql-response+json';
/** With and without the charset, because clients accept either. */
const MEDIA_TYPES = [JSON_RESPONSE, GRAPHQL_RESPONSE].flatMap((type) => [type, `${type}; charset=utf-8`]);

/** Codes with an HTTP status of their own, by severity. */
const STATUS_OF_CODE: readonly [ErrorCode, number][] = [
  ['INTERNAL_SERVER_ERROR', 500],
  ['SERVICE_UNAVAILABLE', 503],
  ['RATE_LIMITED', 429],
  ['VERIFIER_REFUSED', 403],
  ['UNAUTHENTICATED', 401],
];

/** Codes of well-formed requests that GraphQL rejects before execution. */
const REJECTED_BEFORE_EXECUTION = new Set<unknown>([
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE,
  ApolloServerErrorCode.BAD_USER_INPUT,
]);

const codeOf = (error: GraphQLFormattedError): unknown => error.extensions?.code;

/** Returns the media type of GraphQL over HTTP that the client prefers. Null if it accepts none of them. */
function preferredMediaType(http: HTTPGraphQLRequest | undefined): string | null {
  const accept = http?.headers.get('accept');
  if (!accept) return JSON_RESPONSE;
  return new Negotiator({ headers: { accept } }).mediaType(MEDIA_TYPES)?.split(';', 1)[0] ?? null;
}

/** Returns the HTTP status for the errors. Undefined if the status of Apollo Server applies. */
function statusFor(errors: readonly GraphQLFormattedError[], hasData: boolean, mediaType: string | null): number | undefined {
  const codes = errors.map(codeOf);
  const [, status] = STATUS_OF_CODE.find(([code]) => codes.includes(code)) ?? [];
  if (status !== undefined) return status;
  // GraphQL over HTTP, "Processing the response": a request error has status 400 only with the new media type. Clients of
  // application/json interpret every status but 2xx as a transport error.
  if (!hasData && codes.every((code) => REJECTED_BEFORE_EXECUTION.has(code))) return mediaType === GRAPHQL_RESPONSE ? 400 : 200;
  return undefined;
}

/** Returns the errors, each with the position of its first node if it has one. */
function withLocations(
  formatted: readonly GraphQLFormattedError[],
  { errors = [], source, document }: GraphQLRequestContext<RequestContext>,
): readonly GraphQLFormattedError[] {
  const nodes = errors.map((error) => error.nodes?.[0]);
  if (source === undefined || document === undefined || nodes.every((node) => node === undefined)) return formatted;
  const locations = locationsOf(
    source,
    document,
    nodes.filter((node) => node !== undefined),
  );
  return formatted.map((error, index) => {
    const node = nodes[index];
    const location = node && locations.get(node);
    const { message, ...rest } = error;
    return location ? { message, locations: [location], ...rest } : error;
  });
}

/** Creates the plugin that sets the HTTP status and headers of a GraphQL response, and logs and counts its errors. */
export function httpPlugin(logger: Logger, countError: ErrorCounter): ApolloServerPlugin<RequestContext> {
  const listener: GraphQLRequestListener<RequestContext> = {
    async didResolveOperation({ schema, operation, request, document, contextValue }) {
      if (operation) contextValue.onOperation(describeOperation(schema, operation, document.definitions));
      // Apollo would check this only after the execution of a mutation, and discard its result.
      if (preferredMediaType(request.http) === null) {
        throw new GraphQLError('The response is application/json or application/graphql-response+json. Accept one of them.', {
          extensions: { code: ApolloServerErrorCode.BAD_REQUEST, http: { status: 406 } },
        });
      }
    },

    async didEncounterErrors({ errors, contextValue }) {
      for (const error of errors) {
        const known = graphqlToKeywardError(error);
        const entry = { requestId: contextValue.requestId, err: known?.cause };
        if (known?.code === 'INTERNAL_SERVER_ERROR') logger.error(entry, 'request failed');
        if (known?.code === 'SERVICE_UNAVAILABLE') logger.warn(entry, 'request rejected: service unavailable');
      }
    },

    async willSendResponse(requestContext: GraphQLRequestContext<RequestContext>) {
      const { request, response, contextValue } = requestContext;
      if (response.body?.kind !== 'single') return;
      const { errors = [], data } = response.body.singleResult;
      if (errors.length === 0) return;
      for (const error of errors) countError(String(codeOf(error)));
      response.http.status = statusFor(errors, data !== undefined, preferredMediaType(request.http)) ?? response.http.status ?? 200;
      if (response.http.status === 401) {
        response.http.headers.set('www-authenticate', bearerChallenge(contextValue.bearerToken !== undefined));
      }
      const waits = errors.flatMap((error) =>
        typeof error.extensions?.retryAfterSeconds === 'number' ? [error.extensions.retryAfterSeconds] : [],
      );
      if (waits.length > 0) response.http.headers.set('retry-after', String(Math.max(...waits)));
      response.body.singleResult.errors = withLocations(errors, requestContext).map((error) =>
        codeOf(error) === 'INTERNAL_SERVER_ERROR' || codeOf(error) === 'SERVICE_UNAVAILABLE'
          ? { ...error, extensions: { ...error.extensions, requestId: contextValue.requestId } }
          : error,
      );
    },
  };
  return { requestDidStart: async () => listener };
}

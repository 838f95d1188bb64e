import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { badUserInput, type KeywardError } from '../errors/keyward-error.js';
import { toKeywardError } from '../errors/to-keyward-error.js';
import type { Redactor } from './redaction.js';

/** Codes of rejections by graphql-js and Apollo Server themselves. */
const GRAPHQL_CODES = new Set<unknown>([
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE,
  ApolloServerErrorCode.BAD_REQUEST,
  ApolloServerErrorCode.PERSISTED_QUERY_NOT_SUPPORTED,
]);

/** Apollo's message for requests that any web page can send without a preflight, including a browser that opens the URL. */
const CSRF_MESSAGE = /^This operation has been blocked as a potential Cross-Site Request Forgery/;
const POST_EXPECTED =
  'This is a GraphQL API. Send requests by POST with the header Content-Type: application/json. A GET request needs the header Apollo-Require-Preflight.';

const isGraphqlRejection = (error: unknown): error is GraphQLError =>
  error instanceof GraphQLError && GRAPHQL_CODES.has(error.extensions.code);

/** Returns the original error inside the GraphQLErrors of graphql-js and Apollo. */
const unwrap = (error: unknown): unknown => (error instanceof GraphQLError && error.originalError ? unwrap(error.originalError) : error);

/**
 * Converts an error to a KeywardError for the caller. Its `cause` is for the log.
 *
 * @param error as a resolver, a service, the database or graphql-js threw it
 * @returns null for a rejection by graphql-js or Apollo Server, such as a syntax error
 */
export function graphqlToKeywardError(error: unknown): KeywardError | null {
  if (isGraphqlRejection(error)) return null;
  const original = unwrap(error);
  // `null` for a non-null argument with a default: graphql-js detects it during execution, at the field.
  if (original instanceof GraphQLError && original.path)
    return badUserInput([{ path: original.path.join('.'), message: 'has an argument that must not be null' }]);
  return toKeywardError(original);
}

function redactedRejection(formatted: GraphQLFormattedError, redactor: Redactor): GraphQLFormattedError {
  const code = formatted.extensions?.code;
  if (code === ApolloServerErrorCode.BAD_REQUEST && CSRF_MESSAGE.test(formatted.message)) return { ...formatted, message: POST_EXPECTED };
  if (code !== ApolloServerErrorCode.GRAPHQL_PARSE_FAILED) return { ...formatted, message: redactor.message(formatted.message) };
  // The token limit of the parser gets the same code as the other limits.
  const [, tokens] = /more tha[nt] (\d+) tokens/.exec(formatted.message) ?? [];
  if (tokens !== undefined) {
    const message = `The document has more than ${tokens} tokens.`;
    return { ...formatted, message, extensions: { code: ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED } };
  }
  return { ...formatted, message: redactor.syntaxMessage(formatted.message) };
}

/** Returns the `formatError` of Apollo Server. Messages contain neither internal data nor values of the client. */
export function publicErrorFormatter(redactor: Redactor) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const known = graphqlToKeywardError(error);
    const { locations, path } = formatted;
    const place = { ...(locations && { locations }), ...(path && { path }) };
    if (known) return { message: known.message, ...place, extensions: { code: known.code, ...known.details } };
    const { message, extensions } = redactedRejection(formatted, redactor);
    return { message, ...place, extensions: { code: extensions?.code } };
  };
}

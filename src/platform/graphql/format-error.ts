import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { badUserInput, type KeywardError } from '../errors/keyward-error.js';
import { toKeywardError } from '../errors/to-keyward-error.js';
import type { Redactor } from './redaction.js';

/** graphql-js' and Apollo's own refusals, which no code of ours had a part in. */
const GRAPHQL_CODES = new Set<unknown>([
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE,
  ApolloServerErrorCode.BAD_REQUEST,
  ApolloServerErrorCode.PERSISTED_QUERY_NOT_SUPPORTED,
]);

/** Apollo's answer to what any web page can send without asking, a browser that opens the API's address included. */
const CSRF_MESSAGE = /^This operation has been blocked as a potential Cross-Site Request Forgery/;
const POST_EXPECTED =
  'This is a GraphQL API. Send requests by POST with the header Content-Type: application/json. A GET request needs the header Apollo-Require-Preflight.';

const isGraphqlRefusal = (error: unknown): error is GraphQLError =>
  error instanceof GraphQLError && GRAPHQL_CODES.has(error.extensions.code);

/** What was thrown, without the GraphQLErrors that graphql-js and Apollo wrapped around it. */
const unwrap = (error: unknown): unknown => (error instanceof GraphQLError && error.originalError ? unwrap(error.originalError) : error);

/**
 * @param error as a resolver, a service, the database or graphql-js threw it
 * @returns what the caller may know of it, its cause kept for the log; null for a refusal of graphql-js' or Apollo's own
 */
export function graphqlToKeywardError(error: unknown): KeywardError | null {
  if (isGraphqlRefusal(error)) return null;
  const original = unwrap(error);
  // graphql-js refuses an argument only at its field: `null` for a non-null one that has a default.
  if (original instanceof GraphQLError && original.path)
    return badUserInput([{ path: original.path.join('.'), message: 'has an argument that must not be null' }]);
  return toKeywardError(original);
}

function refusalMessage(formatted: GraphQLFormattedError, redactor: Redactor): GraphQLFormattedError {
  const code = formatted.extensions?.code;
  if (code === ApolloServerErrorCode.BAD_REQUEST && CSRF_MESSAGE.test(formatted.message)) return { ...formatted, message: POST_EXPECTED };
  if (code !== ApolloServerErrorCode.GRAPHQL_PARSE_FAILED) return { ...formatted, message: redactor.message(formatted.message) };
  // The parser's limit is one of the limits, and is answered like the others.
  const [, tokens] = /more tha[nt] (\d+) tokens/.exec(formatted.message) ?? [];
  if (tokens !== undefined) {
    const message = `The document has more than ${tokens} tokens.`;
    return { ...formatted, message, extensions: { code: ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED } };
  }
  return { ...formatted, message: redactor.syntaxMessage(formatted.message) };
}

/**
 * @returns Apollo's `formatError`: nothing leaves that toKeywardError didn't let through
 */
export function publicErrorFormatter(redactor: Redactor) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const known = graphqlToKeywardError(error);
    const { locations, path } = formatted;
    const place = { ...(locations && { locations }), ...(path && { path }) };
    if (known) return { message: known.message, ...place, extensions: { code: known.code, ...known.details } };
    const { message, extensions } = refusalMessage(formatted, redactor);
    return { message, ...place, extensions: { code: extensions?.code } };
  };
}

/** What went wrong with a request, in a form that the texts can describe. */
export interface Problem {
  /** A code of docs/errors.md, NETWORK if no answer arrived, or UPGRADE if the server does not know a field yet. */
  code: string;
  retryAfterSeconds?: number;
  requestId?: string;
  /** The problems of an input, by the path of the field. */
  fields: readonly { path: string; message: string }[];
  limit?: number;
  /** The key that an earlier request with the same idempotency key created. */
  apiKeyId?: string;
}

/** An error of a GraphQL response. */
export interface GraphQLError {
  extensions?: Record<string, unknown>;
}

const UNKNOWN_FIELD = ['GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED'];

const numberIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function fieldsIn(value: unknown): Problem['fields'] {
  if (!Array.isArray(value)) return [];
  return value.filter((field) => typeof field?.path === 'string' && typeof field?.message === 'string');
}

/** The problem of a request without an answer. */
export const NO_ANSWER: Problem = { code: 'NETWORK', fields: [] };

const codeOf = (error: GraphQLError | undefined): unknown => error?.extensions?.code;

/** Returns the problem of the errors in an answer; undefined without an error. */
export function problemOf(errors: readonly GraphQLError[]): Problem | undefined {
  // A rejected token is the problem that can be solved, whichever field reports it.
  const error = errors.find((each) => codeOf(each) === 'UNAUTHENTICATED') ?? errors[0];
  if (!error) return undefined;
  const { retryAfterSeconds, requestId, fields, limit, apiKeyId } = error.extensions ?? {};
  const code = textIn(codeOf(error)) ?? 'INTERNAL_SERVER_ERROR';
  return {
    code: UNKNOWN_FIELD.includes(code) ? 'UPGRADE' : code,
    retryAfterSeconds: numberIn(retryAfterSeconds),
    requestId: textIn(requestId),
    fields: fieldsIn(fields),
    limit: numberIn(limit),
    apiKeyId: textIn(apiKeyId),
  };
}

const TRANSIENT = ['NETWORK', 'SERVICE_UNAVAILABLE', 'RATE_LIMITED', 'UPGRADE'];

/** Whether the same request can succeed later without any change. */
export const isTransient = ({ code }: Problem): boolean => TRANSIENT.includes(code);

/** Returns the message for a field of the input; undefined if it has no problem. `path` is the path below `input`. */
export function fieldProblem(problem: Problem | undefined, path: string): string | undefined {
  const found = problem?.fields.find((field) => field.path === `input.${path}` || field.path.startsWith(`input.${path}.`));
  return found && `${found.message.charAt(0).toUpperCase()}${found.message.slice(1).replace(/\.$/, '')}.`;
}

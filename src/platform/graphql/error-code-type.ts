import { GraphQLEnumType } from 'graphql';
import { ERROR_CODES, type ErrorCode } from '../errors/keyward-error.js';

const DESCRIPTIONS: Readonly<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'A required credential is missing, invalid, expired or revoked.',
  INVALID_CREDENTIALS: 'The email address is unknown, the password is wrong, or the user is disabled.',
  FORBIDDEN: 'The object belongs to another user, or the caller may not use the operation.',
  NOT_FOUND: 'The object does not exist.',
  BAD_USER_INPUT: 'The input breaks a rule. `extensions.fields` lists `{ path, message }`.',
  API_KEY_LIMIT_REACHED: 'The user has the maximum number of usable API keys, which is `extensions.limit`.',
  EMAIL_TAKEN: 'An account with this email address already exists.',
  CONFLICT:
    'Another request changed the same data, or the state of the object does not permit the change. If an idempotency key was repeated, `extensions.apiKeyId` is the API key that the first request created.',
  RATE_LIMITED: 'The caller sent too many requests. `extensions.retryAfterSeconds` is the time to wait.',
  VERIFIER_REFUSED: 'The header `X-Verifier-Token` is missing or wrong.',
  SERVICE_UNAVAILABLE: 'The server is busy, or its database is unavailable. `extensions.retryAfterSeconds` is the time to wait.',
  INTERNAL_SERVER_ERROR: 'The server failed to process the request. `extensions.requestId` identifies the request in the log.',
};

/** The error codes as an enum, for generated clients. No field has this type, so that a new code breaks no client. */
export const ErrorCodeType = new GraphQLEnumType({
  name: 'ErrorCode',
  description: 'Code of an error, in `extensions.code`. The GraphQL layer has codes of its own, such as GRAPHQL_VALIDATION_FAILED.',
  values: Object.fromEntries(ERROR_CODES.map((code) => [code, { description: DESCRIPTIONS[code] }])),
});

/**
 * Every code that a caller can be given, besides those of GraphQL itself. A closed list: docs/errors.md describes each,
 * and a test holds the two together.
 */
export const ERROR_CODES = [
  'UNAUTHENTICATED',
  'INVALID_CREDENTIALS',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'API_KEY_LIMIT_REACHED',
  'EMAIL_TAKEN',
  'CONFLICT',
  'RATE_LIMITED',
  'VERIFIER_REFUSED',
  'SERVICE_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** One rule that an input breaks. `path` names the input field; the value is never told. */
export interface FieldFault {
  path: string;
  message: string;
}

/** What a caller is told beside code and message. */
export interface ErrorDetails {
  fields?: FieldFault[];
  /** The limit that was reached. */
  limit?: number;
  retryAfterSeconds?: number;
}

/**
 * The one class of error that is meant for the caller: its message and details are sent as they stand, so neither may
 * hold a value that somebody sent or stored. Any other error is answered with a fixed message.
 */
export class KeywardError extends Error {
  override readonly name = 'KeywardError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** One answer for every credential that doesn't hold, so that nothing can be learned from it. */
export const unauthenticated = () => new KeywardError('UNAUTHENTICATED', 'Sign in to do this.');

export const badUserInput = (fields: FieldFault[]) =>
  new KeywardError('BAD_USER_INPUT', `Invalid input: ${[...new Set(fields.map((field) => field.path))].join(', ')}.`, { fields });

export const conflict = () => new KeywardError('CONFLICT', 'Something else changed this at the same moment. Try again.');

/**
 * @param retryAfterSeconds when it makes sense to come again
 */
export const serviceUnavailable = (retryAfterSeconds: number, cause?: unknown) =>
  new KeywardError('SERVICE_UNAVAILABLE', 'The service is busy or its database is away. Try again soon.', { retryAfterSeconds }, { cause });

/** A fault of the set-up: told on stderr in one line, and the process ends with exit code 1. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}

import { UNAVAILABLE } from './public-messages.js';

/** Every error code besides those of GraphQL itself. docs/errors.md describes each one, and a test compares the two lists. */
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

/** One rule that an input breaks. `path` is the input field; `message` never contains its value. */
export interface FieldFault {
  path: string;
  message: string;
}

/** Data that is sent with the code and the message. */
export interface ErrorDetails {
  fields?: FieldFault[];
  /** The limit that was reached. */
  limit?: number;
  retryAfterSeconds?: number;
  /** Permission that the service token lacks. */
  requiredPermission?: string;
  /** The API key that an earlier request with the same idempotency key created. */
  apiKeyId?: string;
}

/**
 * The only error class with a message for the caller: message and details are sent unchanged, so neither may contain a
 * value that was sent or stored. Every other error is answered with a fixed message.
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

/** The same error for every invalid credential, so that it does not reveal which part is wrong. */
export const unauthenticated = () => new KeywardError('UNAUTHENTICATED', 'Sign in to do this.');

export const badUserInput = (fields: FieldFault[]) =>
  new KeywardError('BAD_USER_INPUT', `Invalid input: ${[...new Set(fields.map((field) => field.path))].join(', ')}.`, { fields });

/** Reports the rule that the value at a path breaks. The message is null if it breaks none. */
export type Report = (path: string, message: string | null) => void;

/**
 * Runs the checks of an input.
 *
 * @param prefix precedes each reported path
 * @throws {KeywardError} BAD_USER_INPUT with every broken rule
 */
export function refuseFaults(prefix: 'input.' | 'filter.' | '', check: (report: Report) => void): void {
  const faults: FieldFault[] = [];
  check((path, message) => {
    if (message !== null) faults.push({ path: `${prefix}${path}`, message });
  });
  if (faults.length > 0) throw badUserInput(faults);
}

export const conflict = () => new KeywardError('CONFLICT', 'Another request changed the same data. Try again.');

/** Creates a SERVICE_UNAVAILABLE error, which the caller may retry after `retryAfterSeconds`. */
export const serviceUnavailable = (retryAfterSeconds: number, cause?: unknown) =>
  new KeywardError('SERVICE_UNAVAILABLE', UNAVAILABLE, { retryAfterSeconds }, { cause });

/** An error of the configuration or environment. It is printed to stderr, one line each, and the process exits with code 1. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}

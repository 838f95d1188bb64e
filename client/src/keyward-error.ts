import type { ErrorCode } from './generated.js';
import type { UnavailableReason } from './unavailable-error.js';

/** Code of an error: the codes of Keyward, those of its GraphQL layer, and those of newer versions. */
export type KeywardErrorCode = ErrorCode | 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED' | 'BAD_REQUEST' | (string & {});

/** What an error of Keyward adds to its message. Only the fields that the code has are present. */
export interface KeywardErrorDetails {
  /** Invalid fields of the input, for BAD_USER_INPUT. */
  fields?: readonly { path: string; message: string }[];
  /** Seconds after which to try again, for RATE_LIMITED and SERVICE_UNAVAILABLE. */
  retryAfterSeconds?: number;
  /** The permission that the service token lacks, for FORBIDDEN. */
  requiredPermission?: string;
  /** The key that an earlier request with the same `idempotencyKey` created, for CONFLICT. */
  apiKeyId?: string;
  /** Maximum number of usable keys, for API_KEY_LIMIT_REACHED. */
  limit?: number;
  /** ID of the request, which the log of Keyward contains. */
  requestId?: string;
  /** Why there was no answer, for SERVICE_UNAVAILABLE. */
  reason?: UnavailableReason;
}

/** Keyward rejected an operation, or did not answer. The message never contains a value of the request. */
export class KeywardError extends Error {
  override readonly name = 'KeywardError';
  readonly code: KeywardErrorCode;
  readonly details: KeywardErrorDetails;

  constructor(code: KeywardErrorCode, message: string, details: KeywardErrorDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

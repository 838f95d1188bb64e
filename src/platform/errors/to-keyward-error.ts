import { databaseFault } from '../database/database-errors.js';
import { conflict, KeywardError, serviceUnavailable } from './keyward-error.js';
import { INTERNAL_ERROR } from './public-messages.js';

/** Short, because most outages of the database are restarts of a few seconds. */
const DATABASE_RETRY_SECONDS = 2;

/**
 * Converts any error to a KeywardError for the caller. The original error becomes its `cause`, for the log.
 *
 * @param error as a service or the database threw it
 */
export function toKeywardError(error: unknown): KeywardError {
  if (error instanceof KeywardError) return error;
  const fault = databaseFault(error);
  if (fault === 'unavailable') return serviceUnavailable(DATABASE_RETRY_SECONDS, error);
  if (fault === 'conflict') return conflict();
  return new KeywardError('INTERNAL_SERVER_ERROR', INTERNAL_ERROR, {}, { cause: error });
}

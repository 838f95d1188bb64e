import { databaseFault } from '../database/database-errors.js';
import { conflict, KeywardError, serviceUnavailable } from './keyward-error.js';

/** When a client should come again while the database is away. It is back soon or not at all. */
const DATABASE_RETRY_SECONDS = 2;

/**
 * @param error as a service or the database threw it
 * @returns what the caller may know of it, its cause kept for the log
 */
export function toKeywardError(error: unknown): KeywardError {
  if (error instanceof KeywardError) return error;
  const fault = databaseFault(error);
  if (fault === 'unavailable') return serviceUnavailable(DATABASE_RETRY_SECONDS, error);
  if (fault === 'conflict') return conflict();
  return new KeywardError('INTERNAL_SERVER_ERROR', 'Something went wrong on our side.', {}, { cause: error });
}

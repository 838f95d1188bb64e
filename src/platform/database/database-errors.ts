/** Kind of a failed call: the database is unavailable, or the call lost a race against a concurrent transaction. */
export type DatabaseFault = 'unavailable' | 'conflict';

/**
 * Prisma's codes for an unreachable, closing or overloaded database, rejected credentials, and timeouts. P2010 and P2039
 * are not among them: they stand for any error of the database, with its SQLSTATE in a nested object.
 */
const UNAVAILABLE_PRISMA = new Set(['P1000', 'P1001', 'P1002', 'P1003', 'P1008', 'P1010', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037']);

/** Values of `kind` in errors of the driver adapter that Prisma does not translate to a code. */
const UNAVAILABLE_KINDS = new Set([
  'DatabaseNotReachable',
  'DatabaseAccessDenied',
  'DatabaseDoesNotExist',
  'AuthenticationFailed',
  'ConnectionClosed',
  'SocketTimeout',
  'TlsConnectionError',
  'TooManyConnections',
]);

/**
 * SQLSTATEs (PostgreSQL manual, appendix A): connection exceptions (08), invalid authorization (28), insufficient resources
 * (53), operator intervention including statement timeout (57), system error (58), invalid_catalog_name,
 * lock_not_available, idle_in_transaction_session_timeout, and read_only_sql_transaction of a standby.
 */
const UNAVAILABLE_SQLSTATE = /^(?:08|28|53|57|58)...$|^3D000$|^55P03$|^25P03$|^25006$/;

/** Error codes of Node. The errors of node-postgres have only a message. */
const UNAVAILABLE_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_SOCKET_CLOSED',
]);
const UNAVAILABLE_MESSAGE =
  /^Connection terminated|^timeout exceeded when trying to connect|^Query read timeout|^Client has encountered a connection error|^Client was closed|^Cannot use a pool after calling end/;

const CONFLICT_CODES = new Set(['P2034', '40001', '40P01']);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Classifies an error. A lost connection, a timeout or a lost race reaches a caller of Prisma in many forms: as an error of
 * Prisma, of its driver adapter or of node-postgres, or nested in the `cause` of another error.
 *
 * @returns null if the error has another reason
 */
export function databaseFault(error: unknown, depth = 0): DatabaseFault | null {
  if (typeof error !== 'object' || error === null || depth > 5) return null;
  const { code, originalCode, kind, message, cause, meta, syscall } = error as Record<string, unknown>;
  const codes = [text(code), text(originalCode)];
  if (codes.some((one) => CONFLICT_CODES.has(one)) || kind === 'TransactionWriteConflict') return 'conflict';
  if (
    codes.some((one) => UNAVAILABLE_PRISMA.has(one) || UNAVAILABLE_SQLSTATE.test(one) || UNAVAILABLE_SYSTEM.has(one)) ||
    UNAVAILABLE_KINDS.has(text(kind)) ||
    // For a Unix socket, the code may be that of a missing file (ENOENT) or of a full backlog (EAGAIN).
    syscall === 'connect' ||
    UNAVAILABLE_MESSAGE.test(text(message))
  ) {
    return 'unavailable';
  }
  const driverError = typeof meta === 'object' && meta !== null && 'driverAdapterError' in meta ? meta.driverAdapterError : null;
  return databaseFault(cause, depth + 1) ?? databaseFault(driverError, depth + 1);
}

/** What the driver adapter keeps of an error of PostgreSQL. */
interface SqlError {
  /** SQLSTATE (PostgreSQL manual, appendix A). */
  originalCode?: unknown;
  constraint?: { index?: unknown } | undefined;
}

/** Returns the error of PostgreSQL that an error of Prisma contains. The texts of the error are not read, because they quote values. */
function sqlErrorOf(error: unknown): SqlError {
  const { meta } = (error ?? {}) as { meta?: { driverAdapterError?: { cause?: unknown } } };
  const cause = meta?.driverAdapterError?.cause;
  return typeof cause === 'object' && cause !== null ? cause : {};
}

/** Returns whether an error reports that PostgreSQL cancelled a statement that took too long (query_canceled). */
export const isStatementTimeout = (error: unknown): boolean => sqlErrorOf(error).originalCode === '57014';

/** Returns whether an error reports that a row refers to a row that does not exist, or is still referred to. */
export function isForeignKeyViolation(error: unknown): boolean {
  const { originalCode } = sqlErrorOf(error);
  // foreign_key_violation and restrict_violation
  return originalCode === '23503' || originalCode === '23001';
}

/** A unique index that two requests can violate together. */
export type UniqueIndex =
  | 'users_email_key'
  | 'service_tokens_name_key'
  | 'policies_name_key'
  | 'api_keys_key_prefix_key'
  | 'api_keys_fingerprint_key'
  | 'api_keys_import_digest_key';

/** Returns whether an error reports that a row with the same value in a unique index already exists (unique_violation). */
export function isUniqueViolation(error: unknown, index: UniqueIndex): boolean {
  const { originalCode, constraint } = sqlErrorOf(error);
  return originalCode === '23505' && constraint?.index === index;
}

/** What a failed call tells about the database: it can't serve now, somebody else was quicker, or neither. */
export type DatabaseFault = 'unavailable' | 'conflict';

/**
 * Prisma's codes: unreachable, timed out, refused, closed; no connection or no transaction to be had in time. P2010 and
 * P2039 stand for any error of the database's, which has its own code further down.
 */
const UNAVAILABLE_PRISMA = new Set(['P1000', 'P1001', 'P1002', 'P1003', 'P1008', 'P1010', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037']);

/** The driver adapter's kinds, which come bare where Prisma has no code of its own. */
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
 * PostgreSQL's codes (appendix A of its manual): connection exceptions (08), no access (28), insufficient resources (53),
 * operator intervention with statement timeout (57), system error (58), no such database, lock timeout, idle in transaction,
 * a standby (read-only).
 */
const UNAVAILABLE_SQLSTATE = /^(?:08|28|53|57|58)...$|^3D000$|^55P03$|^25P03$|^25006$/;

/** Node's and node-postgres' own errors, which have a message at best. */
const UNAVAILABLE_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const UNAVAILABLE_MESSAGE =
  /^Connection terminated|^timeout exceeded when trying to connect|^Query read timeout|^Client has encountered a connection error|^Cannot use a pool after calling end/;

const CONFLICT_CODES = new Set(['P2034', '40001', '40P01']);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Reads the many forms in which a lost connection, a timeout or a lost race reach a caller of Prisma with a driver
 * adapter: as a coded Prisma error, as a DriverAdapterError, as node-postgres' own or as a plain Error, nested in `cause`.
 *
 * @returns the fault, or null for an error that tells of something else
 */
export function databaseFault(error: unknown, depth = 0): DatabaseFault | null {
  if (typeof error !== 'object' || error === null || depth > 5) return null;
  const { code, originalCode, kind, message, cause, meta, syscall } = error as Record<string, unknown>;
  const codes = [text(code), text(originalCode)];
  if (codes.some((one) => CONFLICT_CODES.has(one)) || kind === 'TransactionWriteConflict') return 'conflict';
  if (
    codes.some((one) => UNAVAILABLE_PRISMA.has(one) || UNAVAILABLE_SQLSTATE.test(one) || UNAVAILABLE_SYSTEM.has(one)) ||
    UNAVAILABLE_KINDS.has(text(kind)) ||
    // Of a Unix socket the code may be that of a file (ENOENT), or of a full queue (EAGAIN).
    syscall === 'connect' ||
    UNAVAILABLE_MESSAGE.test(text(message))
  ) {
    return 'unavailable';
  }
  const driverError = typeof meta === 'object' && meta !== null && 'driverAdapterError' in meta ? meta.driverAdapterError : null;
  return databaseFault(cause, depth + 1) ?? databaseFault(driverError, depth + 1);
}

/**
 * @param index a part of the violated index' or column's name, such as `email`
 * @returns whether the error tells that a row with this value exists already
 */
export function isUniqueViolation(error: unknown, index: string): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, meta } = error as { code?: unknown; meta?: unknown };
  // P2010: of raw SQL, where Prisma has no code of its own.
  const isViolation = code === 'P2002' || (code === 'P2010' && JSON.stringify(meta).includes('23505'));
  return isViolation && JSON.stringify(meta).includes(index);
}

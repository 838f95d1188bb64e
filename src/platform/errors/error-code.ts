/** Returns the `code` of an error of Node or of PostgreSQL, such as `ENOENT` or `55P03`. Undefined if it has none. */
export const errorCode = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Origin of a request, which is logged and recorded with its changes. */
export interface Origin {
  requestId: string;
  /** Address of the caller: of the last hop that is not a trusted proxy. */
  ipAddress: string;
  /** User-Agent header. Null if the request has none. */
  userAgent: string | null;
}

/**
 * Returns the fields that every log line of a request has. The given object may have more properties, such as a credential.
 *
 * @param origin null for a command of the operator
 */
export const logEntry = (origin: Origin | null) =>
  origin ? { requestId: origin.requestId, ipAddress: origin.ipAddress } : { actor: 'operator' };

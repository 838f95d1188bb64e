/** Where a request comes from: what is kept of it beside what it changes. */
export interface Origin {
  requestId: string;
  /** The caller's, or that of the last hop that isn't a trusted proxy. */
  ipAddress: string;
  /** The caller's program in its own words; null where it says nothing. */
  userAgent: string | null;
}

/**
 * What every log line of a request says of it. The object at hand may carry more, a credential among it.
 *
 * @param origin null where no request did it, but the operator, by a command
 */
export const logEntry = (origin: Origin | null) =>
  origin ? { requestId: origin.requestId, ipAddress: origin.ipAddress } : { actor: 'operator' };

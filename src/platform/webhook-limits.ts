// Limits of webhooks, as part of limits.ts.

const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;

/** Limits of webhooks. */
export const WEBHOOK_LIMITS = {
  endpointsMax: 50,
  urlCharactersMax: 2_000,
  descriptionCharactersMax: 500,
  /** Longest time for which the secret before a rotation also signs. */
  overlapSecondsMax: 30 * DAY_SECONDS,
  /** Deliveries that one process sends to one endpoint at the same time, if all succeed. */
  sendingPerEndpointMax: 16,
  /** Those after a failure, and at the start. With endpointsMax, all endpoints that fail leave room for the others. */
  sendingPerFailingEndpoint: 2,
  /** Deliveries that one process sends at the same time. */
  sendingMax: 128,
  attemptMsMax: 15_000,
  /** After the status of the response, time to read its body, so that the connection can be used again. */
  bodyMsMax: 1_000,
  responseBytesMax: 65_536,
  /** Time after which another process sends a delivery if the process that sends it has stopped. */
  leaseSeconds: MINUTE_SECONDS,
  /** Pending deliveries of one endpoint that one search examines for those that are not waiting for an older one. */
  examinedAtOnce: 2_000,
  /** Longest Retry-After of a receiver that is respected. */
  retryAfterSecondsMax: DAY_SECONDS,
  /** An endpoint is disabled after this time without any success. */
  failingDaysMax: 5,
  /** Events and deliveries are stored for this time. */
  keptDays: 30,
  /** Rows that one statement removes. */
  prunedAtOnce: 1_000,
  /** Events that one request can queue again. */
  redeliveredMax: 50_000,
  /** Events that one statement examines for it. */
  redeliveredAtOnce: 5_000,
  /** Parts of that size that one request examines: 2,000,000 events of all types, which takes a few seconds. */
  redeliveryPartsMax: 400,
} as const;

/** Limits of the search for expiring, expired and newly used keys. */
export const NOTICE_LIMITS = {
  /** Keys that one statement examines. */
  examinedAtOnce: 500,
  /** Events that one transaction writes, while it holds the users locked. */
  writtenAtOnce: 50,
  /** A search begins this long before the end of the last one: longer than a transaction, and than clocks of processes differ. */
  overlapSeconds: 5 * MINUTE_SECONDS,
} as const;

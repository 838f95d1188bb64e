/**
 * Why Keyward did not answer a question.
 *
 * - `timeout`: no complete answer within the timeout.
 * - `network`: the connection failed, or was closed before the end of the answer.
 * - `too many requests`: 10,000 requests of this client are waiting already.
 * - `unavailable`: Keyward answered that it cannot answer now, for example while its database is unavailable.
 * - `unexpected response`: the answer is not one of Keyward. Check the URL and the proxies before Keyward.
 * - `verifier rejected`: Keyward requires a verifier token, and the configured one is missing or invalid.
 * - `bad request`: Keyward rejected the request. Check the scopes that your code requires.
 * - `unknown address`: the address of the caller is unknown or invalid.
 */
export type UnavailableReason =
  | 'timeout'
  | 'network'
  | 'too many requests'
  | 'unavailable'
  | 'unexpected response'
  | 'verifier rejected'
  | 'bad request'
  | 'unknown address';

const MESSAGES: Readonly<Record<UnavailableReason, string>> = {
  timeout: 'Keyward did not answer in time.',
  network: 'The connection to Keyward failed',
  'too many requests': 'Too many requests are waiting for Keyward.',
  unavailable: 'Keyward cannot answer now.',
  'unexpected response': 'The answer is not an answer of Keyward. Check the URL and the proxies before it.',
  'verifier rejected': 'Keyward rejected the verifier token. Check `verifierToken`.',
  'bad request': 'Keyward rejected the request as malformed.',
  'unknown address': 'The address of the caller is unknown or is not an IP address.',
};

/** Seconds to wait if Keyward has not stated them. */
const RETRY_AFTER_SECONDS = 5;

/** There is no answer of Keyward. The message never contains a part of the request. */
export class KeywardUnavailableError extends Error {
  override readonly name = 'KeywardUnavailableError';
  readonly reason: UnavailableReason;
  /** Seconds after which a new attempt is reasonable. */
  readonly retryAfterSeconds: number;

  /** @param details `code` of a failed connection, such as ECONNREFUSED; the seconds of Keyward’s `Retry-After` */
  constructor(reason: UnavailableReason, { code, retryAfterSeconds }: { code?: string; retryAfterSeconds?: number | null } = {}) {
    super(reason === 'network' ? `${MESSAGES.network}${code ? ` (${code})` : ''}.` : MESSAGES[reason]);
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds ?? RETRY_AFTER_SECONDS;
  }
}

/** Returns the seconds of a `Retry-After` header; null without this header. Keyward sends seconds, never a date. */
export function retryAfterOf(header: string | undefined): number | null {
  const seconds = Number(header ?? Number.NaN);
  return Number.isInteger(seconds) && seconds > 0 ? seconds : null;
}

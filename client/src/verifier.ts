import { isIP } from 'node:net';
import { type Reply, Transport, type TransportOptions } from './transport.js';
import { KeywardUnavailableError, retryAfterOf, type UnavailableReason } from './unavailable-error.js';
import { isRejectionCode, parseObject, type RejectedKey, type UnverifiedKey, type Verification, validKeyOf } from './verification.js';

/** Longer texts are no keys, and would exceed the limit of headers. */
const KEY_LENGTH_MAX = 1_024;
/** Characters that a header can carry without changing its meaning: visible ASCII without the comma, which joins headers. */
const SENDABLE_KEY = /^[\x21-\x2b\x2d-\x7e]+$/;

const MALFORMED: RejectedKey = {
  valid: false,
  code: 'MALFORMED',
  message: 'The text is not an API key: its format or its checksum is wrong.',
  retryAfterSeconds: null,
};

export interface VerifierOptions extends TransportOptions {
  /** A token of `VERIFIER_TOKENS`, or a service token with the permission `keys:verify`. Required if Keyward restricts verification. */
  verifierToken?: string | undefined;
}

/** What a key must be allowed to do, and who presents it. */
export interface Demand {
  /** Scopes that the key must have, all of them. */
  scopes?: readonly string[] | undefined;
  /**
   * IP address of the caller that presented the key. Keyward reads it if this service is in its `TRUSTED_PROXIES`. Without it,
   * `allowedCidrs` of the key are compared with the address of this service.
   */
  ipAddress?: string | undefined;
  /** User-Agent of the caller, for the usage of the key. */
  userAgent?: string | undefined;
}

/** The outcome, and the headers of Keyward's answer that a caller may see. */
export interface Answer {
  verification: Verification;
  headers: Readonly<Record<string, string>>;
}

/** Headers for the caller: the state of the rate limit, and the challenge of a 401. */
const HEADERS_FOR_CALLERS = ['ratelimit', 'ratelimit-policy', 'www-authenticate'] as const;

const unverified = ({ reason, message, retryAfterSeconds }: KeywardUnavailableError): Answer => {
  const verification: UnverifiedKey = { valid: false, code: 'SERVICE_UNAVAILABLE', reason, message, retryAfterSeconds };
  return { verification, headers: {} };
};

const withoutZone = (address: string): string => address.replace(/%.*$/, '');

/**
 * Asks Keyward's `/verify` whether API keys are valid, over connections that are kept open.
 *
 * Nothing is cached: a revoked key is rejected by the next verification.
 */
export class KeywardVerifier {
  readonly #transport: Transport;
  readonly #token: Readonly<Record<string, string>>;

  constructor({ verifierToken, ...options }: VerifierOptions) {
    if (verifierToken !== undefined && !SENDABLE_KEY.test(verifierToken)) {
      throw new TypeError('The `verifierToken` must be visible ASCII characters.');
    }
    this.#transport = new Transport(options);
    this.#token = verifierToken === undefined ? {} : { 'x-verifier-token': verifierToken };
  }

  /** Returns whether a key is valid now. It never throws: without an answer of Keyward, the key is not valid. */
  async verify(key: string, demand: Demand = {}): Promise<Verification> {
    return (await this.answer(key, demand)).verification;
  }

  /** Returns the outcome of `verify` with the headers for the caller. The guards use it. */
  async answer(key: string, { scopes = [], ipAddress, userAgent }: Demand = {}): Promise<Answer> {
    if (typeof key !== 'string' || key.length > KEY_LENGTH_MAX || !SENDABLE_KEY.test(key)) return { verification: MALFORMED, headers: {} };
    const address = ipAddress === undefined ? undefined : withoutZone(ipAddress);
    if (address !== undefined && isIP(address) === 0) return unverified(new KeywardUnavailableError('unknown address'));
    const query = scopes.length === 0 ? '' : `?${new URLSearchParams(scopes.map((scope): [string, string] => ['scope', scope]))}`;
    const headers = {
      'x-api-key': key,
      ...this.#token,
      ...(address !== undefined && { 'x-forwarded-for': address }),
      ...(userAgent !== undefined && { 'user-agent': userAgent.replace(/[^\x20-\x7e]/g, '?') }),
    };
    try {
      return answerOf(await this.#transport.send({ method: 'GET', path: `verify${query}`, headers }));
    } catch (error) {
      return unverified(error instanceof KeywardUnavailableError ? error : new KeywardUnavailableError('unexpected response'));
    }
  }

  /** Closes the connections to Keyward. */
  close(): void {
    this.#transport.close();
  }
}

const STATUSES_OF_REJECTIONS = new Set([401, 403, 429]);

/** Returns why an answer is no outcome of a verification. */
function reasonOf(status: number, code: unknown): UnavailableReason {
  if (status === 503) return 'unavailable';
  if (status === 403 && code === 'VERIFIER_REFUSED') return 'verifier rejected';
  return status === 400 || status === 431 ? 'bad request' : 'unexpected response';
}

/** @throws {KeywardUnavailableError} if the answer is no outcome */
function answerOf({ status, headers, body }: Reply): Answer {
  const shown = Object.fromEntries(
    HEADERS_FOR_CALLERS.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])),
  );
  const retryAfterSeconds = retryAfterOf(headers['retry-after']);
  if (status === 200) {
    const key = validKeyOf(body, headers['x-keyward-key-id']);
    if (key === null) throw new KeywardUnavailableError('unexpected response');
    return { verification: key, headers: shown };
  }
  const problem = parseObject(body);
  if (STATUSES_OF_REJECTIONS.has(status) && problem !== null && isRejectionCode(problem.code)) {
    const message = typeof problem.detail === 'string' ? problem.detail : 'The key is not valid.';
    return { verification: { valid: false, code: problem.code, message, retryAfterSeconds }, headers: shown };
  }
  throw new KeywardUnavailableError(reasonOf(status, problem?.code), { retryAfterSeconds });
}

import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { errorCode } from '../platform/errors/error-code.js';
import { WEBHOOK_LIMITS } from '../platform/limits.js';
import type { AttemptOutcome } from './delivery.js';
import { retryAfterOf } from './retry-schedule.js';
import { hostOf, type TargetRules } from './target-rules.js';

const NOT_ALLOWED = 'ERR_WEBHOOK_TARGET';

const KEEP_ALIVE_MS = 10_000;

/** Resolves a name, like `dns.lookup` with all addresses. */
export type Resolve = (host: string, options: LookupOptions, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

const resolveBySystem: Resolve = (host, options, done) =>
  systemLookup(host, { ...options, all: true }, (error, addresses) => done(error, addresses ?? []));

const notAllowed = () => Object.assign(new Error('The address is not allowed.'), { code: NOT_ALLOWED });

/** A request to send. */
export interface WebhookRequest {
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/**
 * Sends requests to receivers, which may be slow or hostile. Each connection is opened only to an address that the rules allow, after the
 * name was resolved. Redirects are not followed. At most WEBHOOK_LIMITS.responseBytesMax of a response are read.
 */
export class WebhookClient {
  readonly #rules: TargetRules;
  readonly #resolve: Resolve;
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true, timeout: KEEP_ALIVE_MS, maxFreeSockets: WEBHOOK_LIMITS.sendingPerEndpointMax }),
    'https:': new HttpsAgent({ keepAlive: true, timeout: KEEP_ALIVE_MS, maxFreeSockets: WEBHOOK_LIMITS.sendingPerEndpointMax }),
  };

  /** @param options.resolve resolves names; only tests pass it */
  constructor(rules: TargetRules, { resolve = resolveBySystem }: { resolve?: Resolve } = {}) {
    this.#rules = rules;
    this.#resolve = resolve;
  }

  /** Sends a request. Every problem of the receiver is an outcome, not an exception. @param signal ends the attempt */
  send(request: WebhookRequest, now: Date, signal: AbortSignal): Promise<AttemptOutcome> {
    return new Promise((resolve) => {
      const timeout = AbortSignal.timeout(WEBHOOK_LIMITS.attemptMsMax);
      const fail = (error?: unknown) => resolve(failureOf(timeout.aborted ? 'timeout' : errorCode(error)));
      if (isIP(hostOf(request.url)) !== 0 && !this.#rules.allows(request.url, hostOf(request.url))) return fail(notAllowed());
      const sent = this.#open(request, AbortSignal.any([timeout, signal]));
      sent.on('error', fail);
      // Node closes the connection without an error and without a response if the receiver answers with 101 Switching Protocols.
      sent.on('close', fail);
      sent.on('response', (response) => {
        resolve(outcomeOf(response, now));
        drain(response);
      });
      sent.end(request.body);
    });
  }

  /** Closes the connections. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #open({ url, headers, body }: WebhookRequest, signal: AbortSignal): ClientRequest {
    const options = {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'Keyward',
      },
      signal,
      lookup: this.#lookupFor(url),
      maxHeaderSize: WEBHOOK_LIMITS.responseBytesMax,
    };
    return url.protocol === 'https:'
      ? httpsRequest(url, { ...options, agent: this.#agents['https:'] })
      : httpRequest(url, { ...options, agent: this.#agents['http:'] });
  }

  /** Node connects only to addresses that this function returns. It does not call it for a host that is an address. */
  #lookupFor(url: URL) {
    return (
      host: string,
      options: LookupOptions,
      done: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
    ): void => {
      this.#resolve(host, options, (error, found) => {
        const addresses = found.filter(({ address }) => this.#rules.allows(url, address));
        const [first] = addresses;
        if (error || !first) done(error ?? notAllowed(), []);
        else if (options.all) done(null, addresses);
        else done(null, first.address, first.family);
      });
    };
  }
}

function outcomeOf({ statusCode = 0, headers }: IncomingMessage, now: Date): AttemptOutcome {
  if (statusCode >= 200 && statusCode < 300) return { delivered: true, statusCode, error: null, retryAfterSeconds: null };
  const error =
    statusCode >= 300 && statusCode < 400 ? 'The receiver redirected. Redirects are not followed.' : `HTTP status ${statusCode}`;
  return { delivered: false, statusCode, error, retryAfterSeconds: retryAfterOf(headers['retry-after'], now) };
}

const MESSAGES: Readonly<Record<string, string>> = {
  timeout: `No response within ${WEBHOOK_LIMITS.attemptMsMax / 1_000} s`,
  [NOT_ALLOWED]: 'The address of the host is not public, and not listed in WEBHOOK_PRIVATE_TARGETS, or http or the port is not allowed.',
  ENOTFOUND: 'The host name does not exist.',
};

/** Returns the outcome of an attempt without a response. The message of an error could contain the URL. */
const failureOf = (code: string | undefined): AttemptOutcome => ({
  delivered: false,
  statusCode: null,
  error: MESSAGES[code ?? ''] ?? `Connection failed (${code ?? 'unknown error'})`,
  retryAfterSeconds: null,
});

/** Reads the rest of a response, so that its connection can be used again, or closes the connection if the body is long or slow. */
function drain(response: IncomingMessage): void {
  let bytes = 0;
  const timer = setTimeout(() => response.destroy(), WEBHOOK_LIMITS.bodyMsMax);
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > WEBHOOK_LIMITS.responseBytesMax) response.destroy();
  });
  response.on('error', () => undefined);
  response.on('close', () => clearTimeout(timer));
}

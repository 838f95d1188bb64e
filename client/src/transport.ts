import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { KeywardUnavailableError } from './unavailable-error.js';

/** Idle connections are closed before Keyward (72 s) or a proxy between the two (60 s and more) closes them. */
const IDLE_MS = 15_000;
/** Answers of Keyward are smaller. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;
/** Requests that wait for a connection or an answer. */
const PENDING_MAX = 10_000;
/** A connection that the server closed while it was idle. Node reports it when the next request is written. */
const CLOSED_WHILE_IDLE = new Set(['ECONNRESET', 'EPIPE']);

export interface TransportOptions {
  /** Base URL of Keyward, such as `http://127.0.0.1:4000`. A path is kept, for a Keyward behind a path of a proxy. */
  url: string | URL;
  /** Maximum time of a request in milliseconds, from the call to the end of the answer. */
  timeoutMs?: number | undefined;
  /** Maximum number of connections to Keyward. Further requests wait, within their timeout. The default is 64. */
  connectionsMax?: number | undefined;
}

/** A request. Its headers and its body can contain secrets, so no error refers to it. */
export interface OutgoingRequest {
  method: 'GET' | 'POST';
  /** Path below the base URL, without a leading slash. */
  path: string;
  headers: Record<string, string>;
  body?: string;
}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

function baseUrlOf(url: string | URL): URL {
  const base = URL.canParse(String(url)) ? new URL(url) : null;
  if (base === null || !/^https?:$/.test(base.protocol)) throw new TypeError('The `url` must be an http or https URL.');
  if (base.username || base.password || base.search || base.hash) {
    throw new TypeError('The `url` must have no user name, password, query or fragment.');
  }
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

function positive(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`The \`${name}\` must be a positive integer.`);
  return value;
}

/** Sends requests to Keyward over connections that are kept open. Each request ends within the timeout. */
export class Transport {
  readonly #base: URL;
  readonly #timeoutMs: number;
  readonly #agent: HttpAgent;
  readonly #request: typeof httpRequest;
  #pending = 0;

  constructor({ url, timeoutMs = 5_000, connectionsMax = 64 }: TransportOptions) {
    this.#base = baseUrlOf(url);
    this.#timeoutMs = positive('timeoutMs', timeoutMs);
    const isSecure = this.#base.protocol === 'https:';
    const maxSockets = positive('connectionsMax', connectionsMax);
    const options = { keepAlive: true, maxSockets, maxFreeSockets: maxSockets, timeout: IDLE_MS };
    this.#agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options);
    this.#request = isSecure ? httpsRequest : httpRequest;
  }

  /**
   * Sends a request. A GET is sent a second time if Keyward had closed the idle connection.
   *
   * @throws {KeywardUnavailableError} if there is no complete answer in time
   */
  async send(outgoing: OutgoingRequest): Promise<Reply> {
    if (this.#pending >= PENDING_MAX) throw new KeywardUnavailableError('too many requests');
    this.#pending += 1;
    try {
      return await this.#exchange(outgoing);
    } finally {
      this.#pending -= 1;
    }
  }

  /** Closes the connections. Requests in flight end with an error. */
  close(): void {
    this.#agent.destroy();
  }

  #exchange(outgoing: OutgoingRequest): Promise<Reply> {
    return new Promise((resolve, reject) => {
      let current: ClientRequest | undefined;
      let isOver = false;
      const fail = (error: KeywardUnavailableError) => {
        isOver = true;
        clearTimeout(deadline);
        reject(error);
        current?.destroy();
      };
      const deadline = setTimeout(() => fail(new KeywardUnavailableError('timeout')), this.#timeoutMs);
      const succeed = (reply: Reply) => {
        clearTimeout(deadline);
        resolve(reply);
      };
      const start = (mayRetry: boolean) => {
        const request = this.#start(outgoing);
        current = request;
        let isAnswered = false;
        request.on('response', (response) => {
          isAnswered = true;
          read(response, succeed, fail);
        });
        request.on('error', (error: NodeJS.ErrnoException) => {
          const { code = '' } = error;
          // A request that was ended by the timeout reports ECONNRESET too.
          if (mayRetry && !isOver && request.reusedSocket && !isAnswered && CLOSED_WHILE_IDLE.has(code)) start(false);
          else fail(new KeywardUnavailableError('network', { code }));
        });
        request.end(outgoing.body);
      };
      try {
        start(outgoing.method === 'GET');
      } catch {
        // Node rejects a header with characters that HTTP does not allow. Its message is not repeated.
        fail(new KeywardUnavailableError('bad request'));
      }
    });
  }

  #start({ method, path, headers, body }: OutgoingRequest): ClientRequest {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    return this.#request(new URL(path, this.#base), { method, agent: this.#agent, headers: { ...headers, ...length } });
  }
}

function read(response: IncomingMessage, succeed: (reply: Reply) => void, fail: (error: KeywardUnavailableError) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) fail(new KeywardUnavailableError('unexpected response'));
    else chunks.push(chunk);
  });
  response.on('error', (error: NodeJS.ErrnoException) => fail(new KeywardUnavailableError('network', { code: error.code ?? '' })));
  response.on('end', () =>
    succeed({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }),
  );
}

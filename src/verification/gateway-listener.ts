import { randomUUID } from 'node:crypto';
import { type IncomingMessage, METHODS, type ServerResponse } from 'node:http';
import { readActingHeaders } from '../auth/service-tokens/acting-headers.js';
import { isServiceToken } from '../auth/service-tokens/service-token-rules.js';
import { toKeywardError } from '../platform/errors/to-keyward-error.js';
import { bearerChallenge } from '../platform/http/bearer-token.js';
import type { CallerAddresses } from '../platform/http/caller-address.js';
import type { FrontListener } from '../platform/http/http-server.js';
import { requestFault } from '../platform/http/request-rules.js';
import { canonicalAddress } from '../platform/ip/address.js';
import { LogLimiter } from '../platform/log-limiter.js';
import type { Logger } from '../platform/logger.js';
import type { ErrorCounter } from '../platform/process-metrics.js';
import { demandedScopesOf } from './demanded-scopes.js';
import { GatewayAnswer, statusOfError } from './gateway-answer.js';
import {
  AmbiguousKeyError,
  GATEWAY_PATH,
  type GatewayHeaders,
  gatewayHeadersOf,
  hasMalformedPath,
  isGatewayUrl,
  presentedKeyOf,
  visibleUserAgent,
} from './gateway-request.js';
import type { Permit } from './permit.js';
import type { Verifier } from './verifier.js';
import type { VerifierAccess } from './verifier-access.js';

/** A gateway asks with the method of the request that it checks. An answer to TRACE would contain the key (RFC 9110 §9.3.8). */
const ALLOWED_METHODS = METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE').join(', ');

const NO_SCOPES: readonly string[] = [];

export interface GatewayDependencies {
  verifier: Verifier;
  verifierAccess: VerifierAccess;
  callerAddresses: CallerAddresses;
  logger: Logger;
  countError: ErrorCounter;
}

/** Returns whether a service token came with headers about a user that are ambiguous, although they mean nothing here. */
const hasBadActingHeaders = ({ rawHeaders }: IncomingMessage, { verifierToken }: GatewayHeaders): boolean =>
  isServiceToken(verifierToken) && 'fault' in readActingHeaders(rawHeaders);

/** Returns the status that rejects a request before its key is read, or null. */
const requestFaultOf = (request: IncomingMessage, headers: GatewayHeaders): 400 | 405 | 431 | null =>
  requestFault(request) ??
  (hasBadActingHeaders(request, headers) ? 400 : null) ??
  (hasMalformedPath(request.url ?? '') ? 400 : request.method === 'TRACE' ? 405 : null);

/** One request, with what its answer and its log lines need. */
interface Exchange {
  request: IncomingMessage;
  url: string;
  requestId: string;
  headers: GatewayHeaders;
  ipAddress: string | null;
  answer: GatewayAnswer;
}

/**
 * The endpoint for gateways: nginx `auth_request`, Traefik ForwardAuth, Caddy `forward_auth`, Envoy `ext_authz`. It accepts any
 * method, reads headers and `scope` only, and answers by status and headers.
 *
 * It runs in front of Fastify. CORS must not answer here, because a gateway would take the 204 of a preflight for approval, and
 * bodies are not read: Node skips them.
 */
export class GatewayListener implements FrontListener {
  readonly #deps: GatewayDependencies;
  readonly #failures: LogLimiter;
  readonly #requests: LogLimiter;

  constructor(dependencies: GatewayDependencies) {
    this.#deps = dependencies;
    this.#failures = new LogLimiter(dependencies.logger, 'warn', 'verification failed');
    this.#requests = new LogLimiter(dependencies.logger, 'debug', 'request completed');
  }

  claims({ url = '' }: IncomingMessage): boolean {
    return isGatewayUrl(url);
  }

  handle(request: IncomingMessage, response: ServerResponse, isClosing: () => boolean): void {
    const requestId = randomUUID();
    const answer = new GatewayAnswer(response, requestId, isClosing);
    try {
      const exchange = this.#exchangeOf(request, requestId, answer);
      if (this.#deps.logger.isLevelEnabled('debug')) this.#logWhenAnswered(exchange, response);
      const fault = isClosing() ? 503 : requestFaultOf(request, exchange.headers);
      if (fault === null) this.#verify(exchange);
      else this.#reject(exchange, fault);
    } catch (error) {
      this.#fail({ requestId, answer }, error);
    }
  }

  /** Logs the failures that were counted and not logged yet. */
  close(): void {
    this.#failures.close();
    this.#requests.close();
  }

  #exchangeOf(request: IncomingMessage, requestId: string, answer: GatewayAnswer): Exchange {
    const headers = gatewayHeadersOf(request);
    const peer = request.socket.remoteAddress;
    this.#deps.callerAddresses.warnIfIgnored(peer, headers.forwardedFor);
    const ipAddress = this.#deps.callerAddresses.of(peer, headers.forwardedFor) || null;
    return { request, url: request.url ?? '', requestId, headers, ipAddress, answer };
  }

  #verify(exchange: Exchange): void {
    const { request, url, requestId, headers, ipAddress, answer } = exchange;
    const permit = this.#permitOf(exchange);
    const plaintextKey = presentedKeyOf(headers);
    if (plaintextKey === null) {
      permit.whenGranted(
        () => this.#rejectWithoutKey(exchange),
        (error) => this.#fail(exchange, error),
      );
      return;
    }
    const mayRequireScope = headers.mayRequireScope || url.length > GATEWAY_PATH.length;
    this.#deps.verifier.run(
      {
        requestId,
        plaintextKey,
        scopes: mayRequireScope ? demandedScopesOf(url, request.headers) : NO_SCOPES,
        ipAddress,
        clientAddress: ipAddress,
        userAgent: visibleUserAgent(headers.userAgent),
        dryRun: false,
        permit,
      },
      (verification) => answer.sendVerification(verification),
      (error) => this.#fail(exchange, error),
    );
  }

  /** The caller is the gateway, so its address is that of the peer, whatever the gateway says about its client. */
  #permitOf({ request, requestId, headers: { verifierToken } }: Exchange): Permit {
    const source = () => ({
      requestId,
      ipAddress: canonicalAddress(request.socket.remoteAddress ?? null) ?? '',
      userAgent: null,
      receivedAt: performance.now(),
    });
    return this.#deps.verifierAccess.permitOf({ verifierToken, source });
  }

  #rejectWithoutKey({ answer }: Exchange): void {
    const detail = 'No API key was sent.';
    answer.sendProblem({ status: 401, code: 'UNAUTHENTICATED', detail, headers: ['www-authenticate', bearerChallenge(false)] });
  }

  #reject({ answer }: Exchange, status: 400 | 405 | 431 | 503): void {
    const code = status === 503 ? 'SERVICE_UNAVAILABLE' : 'BAD_REQUEST';
    const headers = status === 503 ? ['retry-after', '1'] : status === 405 ? ['allow', ALLOWED_METHODS] : [];
    answer.sendProblem({ status, code, headers });
  }

  #fail({ requestId, answer }: Pick<Exchange, 'requestId' | 'answer'>, error: unknown): void {
    if (error instanceof AmbiguousKeyError) {
      answer.sendProblem({ status: 400, code: 'BAD_REQUEST' });
      return;
    }
    const { code, details, cause } = toKeywardError(error);
    const status = statusOfError(code);
    this.#deps.countError(code);
    if (status === 503) this.#failures.log(code, { requestId, err: cause });
    else if (status >= 500) this.#deps.logger.error({ requestId, err: cause }, 'verification failed');
    const detail = details.fields?.map(({ path, message }) => `${path.replace(/^input\./, '')} ${message}`).join('; ');
    const headers = details.retryAfterSeconds === undefined ? [] : ['retry-after', details.retryAfterSeconds];
    answer.sendProblem({ status, code, detail, headers });
  }

  /** Logs the request as the other routes do, but only at the level debug, because a line takes longer than the verification. */
  #logWhenAnswered({ request, url, requestId, ipAddress }: Exchange, response: ServerResponse): void {
    const startedAt = performance.now();
    response.once('finish', () => {
      const { statusCode: status } = response;
      const route = url.startsWith(`${GATEWAY_PATH}/`) ? `${GATEWAY_PATH}/*` : GATEWAY_PATH;
      const durationMs = Math.round(performance.now() - startedAt);
      this.#requests.log(`${route} ${status}`, { requestId, method: request.method, route, status, durationMs, ipAddress });
    });
  }
}

import { METHODS } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../platform/errors/keyward-error.js';
import { INTERNAL_ERROR, MALFORMED_REQUEST, UNAVAILABLE } from '../platform/errors/public-messages.js';
import { toKeywardError } from '../platform/errors/to-keyward-error.js';
import { bearerChallenge, bearerTokenOf } from '../platform/http/bearer-token.js';
import { HttpError } from '../platform/http/error-answers.js';
import { LogLimiter } from '../platform/log-limiter.js';
import type { Logger } from '../platform/logger.js';
import type { ErrorCounter } from '../platform/process-metrics.js';
import { demandedScopesOf } from './demanded-scopes.js';
import { type RateLimitState, type Verification, VerificationCode } from './verification.js';
import { answerOf } from './verification-answer.js';
import type { Verifier } from './verifier.js';
import type { VerifierTokens } from './verifier-tokens.js';

const PROBLEM_JSON = 'application/problem+json';

/** Gateways use the method of the original request. Node never routes CONNECT, and TRACE would return the key. */
const VERIFY_METHODS = METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE');

/** 401: not authenticated. 403: not permitted. 429: too many requests. */
const STATUS_OF_REJECTION: Readonly<Record<Exclude<VerificationCode, VerificationCode.VALID>, 401 | 403 | 429>> = {
  MALFORMED: 401,
  NOT_FOUND: 401,
  REVOKED: 401,
  EXPIRED: 401,
  DISABLED: 401,
  OWNER_DISABLED: 401,
  IP_NOT_ALLOWED: 403,
  INSUFFICIENT_SCOPE: 403,
  RATE_LIMITED: 429,
};

const STATUS_OF_ERROR: Partial<Readonly<Record<ErrorCode, number>>> = {
  BAD_USER_INPUT: 400,
  VERIFIER_REFUSED: 403,
  SERVICE_UNAVAILABLE: 503,
};

const TITLES: Readonly<Record<number, string>> = {
  400: MALFORMED_REQUEST,
  401: 'A valid API key is needed.',
  403: 'This is not allowed.',
  429: 'The API key was used too often.',
  431: 'The request has too many or too large headers.',
  503: UNAVAILABLE,
};

/** Sends a problem of RFC 9457. `code` is stable, for programs; `title` and `detail` are for people. */
function sendProblem(reply: FastifyReply, status: number, code: string, detail?: string): FastifyReply {
  const title = TITLES[status] ?? INTERNAL_ERROR;
  return reply.code(status).header('content-type', PROBLEM_JSON).send({ type: 'about:blank', title, status, code, detail });
}

/** Thrown for a request in which a gateway and Keyward could read different keys. */
class AmbiguousKeyError extends Error {}

/**
 * Returns the key in `Authorization: Bearer` or `X-API-Key`. Null if the request has no key.
 *
 * @throws {AmbiguousKeyError} for two different keys, or a header that was sent twice
 */
function presentedKeyOf({ authorization, 'x-api-key': apiKey }: FastifyRequest['headers']): string | null {
  // Node joins repeated headers with a comma, which no key contains. requestFault has rejected two Authorization headers.
  if (Array.isArray(apiKey) || apiKey?.includes(',')) throw new AmbiguousKeyError();
  const bearer = bearerTokenOf(authorization);
  if (bearer && apiKey && bearer !== apiKey) throw new AmbiguousKeyError();
  return bearer || apiKey || null;
}

/** Returns the User-Agent with invalid characters replaced (RFC 9110 §10.1.5), because they must not cause an error. */
const userAgentOf = ({ 'user-agent': text }: FastifyRequest['headers']): string | null => text?.replace(/[^\x20-\x7e]/g, '?') ?? null;

/** Sets the headers of draft-ietf-httpapi-ratelimit-headers-10. */
function setRateLimitHeaders(reply: FastifyReply, { limit, windowSeconds, remaining, resetsInSeconds }: RateLimitState): void {
  void reply
    .header('ratelimit-policy', `"key";q=${limit};w=${windowSeconds}`)
    .header('ratelimit', `"key";r=${remaining};t=${resetsInSeconds}`);
}

function sendVerification(reply: FastifyReply, verification: Verification): FastifyReply {
  const { code, key, rateLimit } = verification;
  if (rateLimit) setRateLimitHeaders(reply, rateLimit);
  if (code === VerificationCode.VALID) {
    // Always set all of them, because a gateway that copies them to the upstream must overwrite headers of the client.
    return reply
      .header('x-keyward-key-id', key.id)
      .header('x-keyward-user-id', key.ownerId)
      .header('x-keyward-scopes', key.scopes.join(' ') || '-')
      .send(answerOf(verification));
  }
  const status = STATUS_OF_REJECTION[code];
  if (status === 401) void reply.header('www-authenticate', bearerChallenge(true));
  if (status === 429 && rateLimit) void reply.header('retry-after', rateLimit.resetsInSeconds);
  return sendProblem(reply, status, code);
}

export interface GatewayParts {
  verifier: Verifier;
  verifierTokens: VerifierTokens;
  logger: Logger;
  countError: ErrorCounter;
}

/**
 * Registers the endpoint for gateways (nginx auth_request, Traefik ForwardAuth, Caddy forward_auth, Envoy ext_authz). It
 * accepts any method, reads headers and the query, and answers by status and headers.
 *
 * @param app a separate Fastify scope without CORS and body parsers: a gateway would interpret the 204 of a preflight as a
 *   valid key
 */
export function registerGatewayRoute(app: FastifyInstance, { verifier, verifierTokens, logger, countError }: GatewayParts): void {
  for (const method of VERIFY_METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, done) => done(null));
  // Fastify rejects an invalid Content-Type before it looks for a parser.
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.headers['content-type'] !== undefined) request.headers['content-type'] = 'application/octet-stream';
    done();
  });

  const outages = new LogLimiter(logger, 'warn', 'verification failed');
  app.addHook('onClose', async () => outages.close());
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof AmbiguousKeyError) return sendProblem(reply, 400, 'BAD_REQUEST');
    if (error instanceof HttpError)
      return sendProblem(reply, error.statusCode, error.statusCode === 503 ? 'SERVICE_UNAVAILABLE' : 'BAD_REQUEST');
    const { code, details, cause } = toKeywardError(error);
    const status = STATUS_OF_ERROR[code] ?? 500;
    countError(code);
    if (status === 503) outages.log(code, { requestId: request.id, err: cause });
    else if (status >= 500) logger.error({ requestId: request.id, err: cause }, 'verification failed');
    if (details.retryAfterSeconds !== undefined) void reply.header('retry-after', details.retryAfterSeconds);
    const detail = details.fields?.map(({ path, message }) => `${path.replace(/^input\./, '')} ${message}`).join('; ');
    return sendProblem(reply, status, code, detail);
  });

  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    verifierTokens.check(request.headers['x-verifier-token']?.toString());
    const plaintextKey = presentedKeyOf(request.headers);
    const callerAddress = request.callerAddress || null; // The getter parses X-Forwarded-For at each call.
    if (plaintextKey === null) {
      void reply.header('www-authenticate', bearerChallenge(false));
      return sendProblem(reply, 401, 'UNAUTHENTICATED', 'No API key was sent.');
    }
    return sendVerification(
      reply,
      await verifier.verify({
        requestId: request.id,
        plaintextKey,
        scopes: demandedScopesOf(request.url, request.headers),
        ipAddress: callerAddress,
        clientAddress: callerAddress,
        userAgent: userAgentOf(request.headers),
      }),
    );
  };
  for (const url of ['/verify', '/verify/*']) {
    app.route({ method: VERIFY_METHODS, url, exposeHeadRoute: false, handler });
  }
}

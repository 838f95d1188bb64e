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

/** A gateway asks with the method of the request that it holds. CONNECT never gets here, TRACE would echo the key. */
const VERIFY_METHODS = METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE');

/** The refusals of a key, in the words of HTTP: who are you, you may not, not so often. */
const STATUS_OF_REFUSAL: Readonly<Record<Exclude<VerificationCode, VerificationCode.VALID>, 401 | 403 | 429>> = {
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
  431: 'The headers are too large, or too many.',
  503: UNAVAILABLE,
};

/** RFC 9457. `code` is what a program goes by. */
function sendProblem(reply: FastifyReply, status: number, code: string, detail?: string): FastifyReply {
  const title = TITLES[status] ?? INTERNAL_ERROR;
  return reply.code(status).header('content-type', PROBLEM_JSON).send({ type: 'about:blank', title, status, code, detail });
}

/** Thrown for a request that could be read in two ways. Which header a gateway and we believe must never differ. */
class AmbiguousKeyError extends Error {}

/**
 * @returns the key of `Authorization: Bearer` or `X-API-Key`; null where there is none
 * @throws {AmbiguousKeyError} for two different ones, or a header sent twice
 */
function presentedKeyOf({ authorization, 'x-api-key': apiKey }: FastifyRequest['headers']): string | null {
  // Node joins what was sent twice with a comma, which no key has in it. Two Authorization headers have been refused before.
  if (Array.isArray(apiKey) || apiKey?.includes(',')) throw new AmbiguousKeyError();
  const bearer = bearerTokenOf(authorization);
  if (bearer && apiKey && bearer !== apiKey) throw new AmbiguousKeyError();
  return bearer || apiKey || null;
}

/** In visible ASCII, which is all that one is made of (RFC 9110 §10.1.5): an odd one is no reason to refuse a request. */
const userAgentOf = ({ 'user-agent': text }: FastifyRequest['headers']): string | null => text?.replace(/[^\x20-\x7e]/g, '?') ?? null;

/** draft-ietf-httpapi-ratelimit-headers-10. */
function setRateLimitHeaders(reply: FastifyReply, { limit, windowSeconds, remaining, resetsInSeconds }: RateLimitState): void {
  void reply
    .header('ratelimit-policy', `"key";q=${limit};w=${windowSeconds}`)
    .header('ratelimit', `"key";r=${remaining};t=${resetsInSeconds}`);
}

function sendVerification(reply: FastifyReply, verification: Verification): FastifyReply {
  const { code, key, rateLimit } = verification;
  if (rateLimit) setRateLimitHeaders(reply, rateLimit);
  if (code === VerificationCode.VALID) {
    // All of them always: a gateway that copies them to its upstream must never let a client's own one pass.
    return reply
      .header('x-keyward-key-id', key.id)
      .header('x-keyward-user-id', key.ownerId)
      .header('x-keyward-scopes', key.scopes.join(' ') || '-')
      .send(answerOf(verification));
  }
  const status = STATUS_OF_REFUSAL[code];
  if (status === 401) void reply.header('www-authenticate', bearerChallenge(true));
  if (status === 429 && rateLimit) void reply.header('retry-after', rateLimit.resetsInSeconds);
  return sendProblem(reply, status, code);
}

/** What the door is made of. */
export interface GatewayParts {
  verifier: Verifier;
  verifierTokens: VerifierTokens;
  logger: Logger;
  countError: ErrorCounter;
}

/**
 * The door for gateways (nginx auth_request, Traefik ForwardAuth, Caddy forward_auth, Envoy ext_authz): any method, the
 * answer by status and headers. It reads headers and `scope` only.
 *
 * @param app a Fastify scope of its own: CORS must not answer here, whose 204 to a preflight a gateway would take for a
 *   yes, and bodies must not be read
 */
export function registerGatewayRoute(app: FastifyInstance, { verifier, verifierTokens, logger, countError }: GatewayParts): void {
  for (const method of VERIFY_METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, done) => done(null));
  // Fastify refuses a type that it can't read before it asks for a parser.
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
    const callerAddress = request.callerAddress || null; // found anew each time, behind a proxy
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

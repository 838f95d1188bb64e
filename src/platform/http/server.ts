import { randomUUID } from 'node:crypto';
import cors from '@fastify/cors';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from '../logger.js';
import { BODY_BYTES_MAX, registerBodies } from './bodies.js';
import { answerClientError, registerErrorAnswers, sendError, setCommonHeaders } from './error-answers.js';

/** Node looks at these only every 30 s unless told otherwise. */
const CONNECTION_TIMEOUTS = { headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 };

/** RFC 6750 §2: a client must not send its token twice. Node would quietly take the first of two headers. */
function hasTwoAuthorizations(request: FastifyRequest): boolean {
  return request.raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization').length > 1;
}

/**
 * The HTTP server: limits, headers of every answer, request ids, the access log, and JSON for every error.
 *
 * @param options.contentSecurityPolicy of HTML answers
 * @returns Fastify, with no routes yet
 */
export async function createHttpServer(options: {
  logger: Logger;
  trustedProxies: readonly string[];
  corsOrigins: readonly string[];
  contentSecurityPolicy: string;
}): Promise<FastifyInstance> {
  const { logger } = options;
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    bodyLimit: BODY_BYTES_MAX,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    // Node's own answer to a missing Host has neither body nor headers; see the hook that looks for it.
    http: { ...CONNECTION_TIMEOUTS, requireHostHeader: false },
    requestTimeout: CONNECTION_TIMEOUTS.requestTimeout,
    // Its answer would be one of its own making; see the hook that does it.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply: FastifyReply) => sendError(reply, error.statusCode ?? 400, request.id),
    clientErrorHandler: answerClientError,
  });

  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });

  app.addHook('onRequest', async (request, reply) => {
    setCommonHeaders(reply, request.id);
    if (closing) return sendError(reply.header('retry-after', '1'), 503, request.id);
    const lacksHost = request.raw.httpVersion === '1.1' && request.headers.host === undefined;
    if (lacksHost || hasTwoAuthorizations(request)) return sendError(reply, 400, request.id);
  });

  registerBodies(app);

  app.addHook('onSend', async (_request, reply, body) => {
    // A connection that stayed open after the last answer would be waited for until the deadline.
    if (closing) void reply.header('connection', 'close');
    if (String(reply.getHeader('content-type')).startsWith('text/html')) {
      void reply.header('content-security-policy', options.contentSecurityPolicy).header('referrer-policy', 'no-referrer');
    }
    return body;
  });

  app.addHook('onResponse', async (request, reply) => {
    logger.info(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime),
        ipAddress: request.ip,
      },
      'request',
    );
  });

  registerErrorAnswers(app, logger);

  // `Expect: something` is refused by Node with neither body nor headers. It may be ignored (RFC 9110 §10.1.1).
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));

  // An origin that is let in may send any header: the plugin repeats those that the browser asks for.
  await app.register(cors, {
    origin: [...options.corsOrigins],
    methods: ['GET', 'POST'],
    exposedHeaders: ['x-request-id', 'retry-after', 'www-authenticate'],
    maxAge: 600,
    strictPreflight: false,
  });
  return app;
}

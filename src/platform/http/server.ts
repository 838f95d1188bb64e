import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from '../logger.js';
import { BODY_BYTES_MAX } from './bodies.js';
import { answerClientError, registerErrorAnswers, sendError, setCommonHeaders } from './error-answers.js';

/** Node looks at these only every 30 s unless told otherwise. */
const CONNECTION_TIMEOUTS = { headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 };

const AUTHORIZATION = 'authorization';

/** RFC 6750 §2: a client must not send its token twice. Node would quietly take the first of two headers. */
function hasTwoAuthorizations({ headers, raw: { rawHeaders } }: FastifyRequest): boolean {
  if (headers.authorization === undefined) return false;
  const isAuthorization = (name: string) => name.length === AUTHORIZATION.length && name.toLowerCase() === AUTHORIZATION;
  return rawHeaders.filter((name, index) => index % 2 === 0 && isAuthorization(name)).length > 1;
}

/**
 * The HTTP server: limits, headers of every answer, request ids, and JSON for every error.
 *
 * @returns Fastify, with no routes yet
 */
export function createHttpServer(options: { logger: Logger; trustedProxies: readonly string[] }): FastifyInstance {
  const { logger } = options;
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    // Nothing here logs by request.log, so no request needs a logger of its own.
    childLoggerFactory: (parent) => parent,
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

  // Hooks with a callback, here and below: each is run for every request, and does less than it takes to make a promise.
  app.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(reply, request.id);
    if (closing) return void sendError(reply.header('retry-after', '1'), 503, request.id);
    const lacksHost = request.headers.host === undefined && request.raw.httpVersion === '1.1';
    if (lacksHost || hasTwoAuthorizations(request)) return void sendError(reply, 400, request.id);
    done();
  });

  app.addHook('onSend', (_request, reply, body, done) => {
    // A connection that stayed open after the last answer would be waited for until the deadline.
    if (closing) void reply.header('connection', 'close');
    done(null, body);
  });

  registerErrorAnswers(app, logger);

  // `Expect: something` is refused by Node with neither body nor headers. It may be ignored (RFC 9110 §10.1.1).
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));

  return app;
}

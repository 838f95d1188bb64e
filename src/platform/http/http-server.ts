import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, LogController } from 'fastify';
import type { Logger } from '../logger.js';
import { BODY_BYTES_MAX } from './bodies.js';
import { type CallerAddresses, registerCallerAddress } from './caller-address.js';
import { answerClientError, endWithError, HttpError, registerErrorAnswers, sendError, setCommonHeaders } from './error-answers.js';
import { limitPipelining } from './pipelining.js';
import { requestFault } from './request-rules.js';

/** In milliseconds. By default, Node checks the timeouts only every 30 s. */
const CONNECTION_TIMEOUTS = { headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 };

/** Creates Node's server. Replaces the responses that Node would send itself, without a body and the common headers. */
function createNodeServer(handler: Parameters<typeof limitPipelining>[0]): Server {
  const server = createServer({ ...CONNECTION_TIMEOUTS, requireHostHeader: false }, limitPipelining(handler));
  // By default Node drops every header after the first 1,000 without an error. requestFault counts them instead.
  server.maxHeadersCount = 0;
  // An unknown `Expect` may be ignored (RFC 9110 §10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', (_request, socket) => endWithError(socket, 405));
  return server;
}

/**
 * Serves some paths in front of Fastify. The pipeline of Fastify takes longer than the verification of a key.
 */
export interface FrontListener {
  /** Returns whether the request is for this listener. */
  claims(request: IncomingMessage): boolean;
  /**
   * Answers a request that it claims. It must not throw.
   *
   * @param isClosing whether the server is stopping: it rejects new requests, and closes each connection after its answer
   */
  handle(request: IncomingMessage, response: ServerResponse, isClosing: () => boolean): void;
}

/**
 * Creates the HTTP server without routes: limits, common headers, request IDs, and JSON for every error.
 */
export function createHttpServer(options: { logger: Logger; callerAddresses: CallerAddresses; front: FrontListener }): FastifyInstance {
  const { logger, front } = options;
  let closing = false;
  const isClosing = () => closing;
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    // Keyward does not use request.log, so creating a logger for each request would be wasted time.
    childLoggerFactory: (parent) => parent,
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    bodyLimit: BODY_BYTES_MAX,
    serverFactory: (handler, { keepAliveTimeout }) =>
      Object.assign(
        createNodeServer((request, response) => {
          if (front.claims(request)) front.handle(request, response, isClosing);
          else handler(request, response);
        }),
        { keepAliveTimeout },
      ),
    requestTimeout: CONNECTION_TIMEOUTS.requestTimeout,
    // Fastify's response would lack the common headers. The onRequest hook below sends the 503 instead.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply: FastifyReply) =>
      sendError(reply, requestFault(request.raw) ?? error.statusCode ?? 400, request.id),
    clientErrorHandler: answerClientError,
  });

  app.addHook('preClose', async () => {
    closing = true;
  });

  // These hooks use callbacks, because they run for every request and take less time than creating a promise.
  app.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(reply, request.id);
    const status = closing ? 503 : requestFault(request.raw);
    if (status === null) return done();
    if (closing) void reply.header('retry-after', '1');
    // The error handlers of the scopes send the error in different formats.
    done(new HttpError(status));
  });
  registerCallerAddress(app, options.callerAddresses);

  app.addHook('onSend', (_request, reply, body, done) => {
    // Shutdown would wait for idle keep-alive connections until its deadline.
    if (closing) void reply.header('connection', 'close');
    done(null, body);
  });

  registerErrorAnswers(app, logger);

  return app;
}

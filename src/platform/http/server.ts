import { randomUUID } from 'node:crypto';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import cors from '@fastify/cors';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Logger } from '../logger.js';

/** 100 kB: a GraphQL request of ours has 1 or 2. */
const BODY_BYTES_MAX = 100_000;

/** Node looks at these only every 30 s unless told otherwise. */
const CONNECTION_TIMEOUTS = { headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 };

const DECOMPRESS = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress };

/** The statuses that Fastify and Node answer with by themselves, in words that repeat nothing of the request. */
const MESSAGES: Readonly<Record<number, string>> = {
  400: 'The request is malformed.',
  404: 'There is nothing here.',
  405: 'This method is not allowed here.',
  406: 'The answer has no form that you accept.',
  408: 'The request took too long to arrive.',
  413: `The body is larger than ${BODY_BYTES_MAX} bytes.`,
  414: 'The address is too long.',
  415: 'The body is of a type or encoding that is not supported.',
  431: 'The headers are too large.',
  503: 'The server is shutting down.',
};

/** @returns a body for answers that don't come from GraphQL, in the form that GraphQL clients understand */
function errorBody(status: number, requestId: string) {
  const code = status >= 500 ? (status === 503 ? 'SERVICE_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR') : 'BAD_REQUEST';
  const message = MESSAGES[status] ?? (status >= 500 ? 'Something went wrong on our side.' : 'The request can not be served.');
  return { errors: [{ message, extensions: { code, requestId } }] };
}

/** Of every answer, those included that Fastify gives before any hook runs. */
function setCommonHeaders(reply: FastifyReply, requestId: string): FastifyReply {
  return reply.header('x-request-id', requestId).header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
}

function sendError(reply: FastifyReply, status: number, requestId: string): FastifyReply {
  return setCommonHeaders(reply, requestId).code(status).send(errorBody(status, requestId));
}

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
    clientErrorHandler(error: NodeJS.ErrnoException, socket) {
      if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
      const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
      const body = JSON.stringify(errorBody(status, randomUUID()));
      const head = `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\nContent-Type: application/json\r\n`;
      socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
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

  app.addHook('preParsing', async (request, _reply, payload) => {
    const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
    if (encoding === 'identity') return payload;
    if (!Object.hasOwn(DECOMPRESS, encoding)) throw Object.assign(new Error('unknown content encoding'), { statusCode: 415 });
    // Fastify compares this with the announced length, and what comes out of the stream with the limit: a small body
    // that unpacks to a large one is cut off there.
    const plain = Object.assign(DECOMPRESS[encoding as keyof typeof DECOMPRESS](), { receivedEncodedLength: 0 });
    // Whoever reads it sees the error too. Where nobody does, because there is no body to be read or it was refused
    // half-way, an error without a listener would end the process.
    plain.on('error', () => undefined);
    payload.on('data', (chunk: Buffer) => (plain.receivedEncodedLength += chunk.length));
    return payload.pipe(plain);
  });

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

  // Other types than JSON reach the handler without a body: Apollo tells what a foreign page could send from the rest.
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null, undefined));

  app.setErrorHandler((error: FastifyError, request, reply) => {
    // zlib's errors have no status: the client sent something that isn't what it said.
    const status = error.statusCode ?? (error.code?.startsWith('Z_') ? 400 : 500);
    if (status >= 500) logger.error({ requestId: request.id, err: error }, 'request failed');
    void sendError(reply, status, request.id);
  });

  app.setNotFoundHandler((request, reply) => {
    const [url = ''] = request.url.split('?', 1);
    const allowed = app.supportedMethods.filter((method) => app.hasRoute({ method, url }));
    if (allowed.length > 0) void reply.header('allow', allowed.join(', '));
    const status = allowed.length > 0 ? 405 : 404;
    void sendError(reply, status, request.id);
  });

  // `Expect: something` is refused by Node with neither body nor headers. It may be ignored (RFC 9110 §10.1.1).
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));

  await app.register(cors, {
    origin: [...options.corsOrigins],
    methods: ['GET', 'POST'],
    allowedHeaders: ['authorization', 'content-type', 'apollo-require-preflight', 'x-apollo-operation-name'],
    exposedHeaders: ['x-request-id', 'retry-after', 'www-authenticate'],
    maxAge: 600,
    strictPreflight: false,
  });
  return app;
}

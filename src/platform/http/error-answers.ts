import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { INTERNAL_ERROR, MALFORMED_REQUEST } from '../errors/public-messages.js';
import type { Logger } from '../logger.js';
import { BODY_BYTES_MAX } from './bodies.js';
import { HEADER_LINES_MAX } from './request-rules.js';

/** Messages for the statuses that Fastify and Node answer with. None of them repeats a part of the request. */
const MESSAGES: Readonly<Record<number, string>> = {
  400: MALFORMED_REQUEST,
  401: 'A valid token is required.',
  404: 'The path does not exist.',
  405: 'The path does not support this method.',
  406: 'The server has no response of a type that you accept.',
  408: 'The request took too long to arrive.',
  413: `The body is larger than ${BODY_BYTES_MAX} bytes.`,
  414: 'The URL is too long.',
  415: 'The type or encoding of the body is not supported.',
  431: `The headers are too large, or more than ${HEADER_LINES_MAX} lines.`,
  503: 'The server is shutting down.',
};

const CODES: Readonly<Record<number, string>> = { 401: 'UNAUTHENTICATED', 503: 'SERVICE_UNAVAILABLE' };

const messageOf = (status: number): string => MESSAGES[status] ?? (status >= 500 ? INTERNAL_ERROR : 'The request is not supported.');

/** Returns the body of an error that does not come from GraphQL, in the format of GraphQL errors. */
function errorBody(status: number, requestId: string, message = messageOf(status)) {
  const code = CODES[status] ?? (status >= 500 ? 'INTERNAL_SERVER_ERROR' : 'BAD_REQUEST');
  return { errors: [{ message, extensions: { code, requestId } }] };
}

/** Sets the headers of every response. Fastify sends some responses before any hook runs, so a hook is not sufficient. */
export function setCommonHeaders(reply: FastifyReply, requestId: string): FastifyReply {
  return reply.header('x-request-id', requestId).header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
}

export function sendError(reply: FastifyReply, status: number, requestId: string, message?: string): FastifyReply {
  return setCommonHeaders(reply, requestId)
    .code(status)
    .send(errorBody(status, requestId, message));
}

/** Rejects a request before its handler runs. It is an error of the client, so it is not logged. */
export class HttpError extends Error {
  readonly statusCode: number;

  /** @param message what is wrong, without any part of the request */
  constructor(statusCode: number, message = messageOf(statusCode)) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** Sends an error on a connection that has no response object, and closes it. */
export function endWithError(socket: Duplex, status: number): void {
  const requestId = randomUUID();
  const body = JSON.stringify(errorBody(status, requestId));
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    ...(status === 405 ? ['Allow: GET, POST'] : []),
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  // Without a listener, a client that resets the connection would end the process.
  socket.on('error', () => undefined);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

const STATUS_OF_PARSER_ERROR: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

/** Answers a request that Node's parser rejected. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  endWithError(socket, STATUS_OF_PARSER_ERROR[error.code ?? ''] ?? 400);
}

/** Answers every error with JSON and a fixed message. */
export function registerErrorAnswers(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    // zlib's errors have no status. They mean that the body does not match its Content-Encoding.
    const status = error.statusCode ?? (error.code?.startsWith('Z_') ? 400 : 500);
    if (status >= 500 && !(error instanceof HttpError)) logger.error({ requestId: request.id, err: error }, 'request failed');
    void sendError(reply, status, request.id, error instanceof HttpError ? error.message : undefined);
  });
}

/** Answers 404 for an unknown path, and 405 for a known path with another method. */
export function registerNotFound(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => {
    const [url = ''] = request.url.split('?', 1);
    const allowed = app.supportedMethods.filter((method) => app.hasRoute({ method, url }));
    if (allowed.length > 0) void reply.header('allow', allowed.join(', '));
    const status = allowed.length > 0 ? 405 : 404;
    void sendError(reply, status, request.id);
  });
}

import type { FastifyInstance } from 'fastify';
import { LogLimiter } from '../log-limiter.js';
import type { Logger } from '../logger.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The GraphQL operation and its root fields, such as `query me, apiKey`. Null outside GraphQL, and for an invalid document. */
    operation: string | null;
  }
}

/**
 * Logs each request of this scope after its response. Successful GraphQL operations are always logged. Other requests, which
 * any client can send at any rate, are only counted after 100 lines in a second.
 */
export function registerAccessLog(app: FastifyInstance, logger: Logger, level: 'debug' | 'info'): void {
  app.decorateRequest('operation', null);
  if (!logger.isLevelEnabled(level)) return;
  const unsolicited = new LogLimiter(logger, level, 'request completed');
  app.addHook('onResponse', (request, reply, done) => {
    const { url: route } = request.routeOptions;
    const { statusCode: status } = reply;
    const fields = {
      requestId: request.id,
      method: request.method,
      route,
      status,
      ...(request.operation !== null && { operation: request.operation }),
      durationMs: Math.round(reply.elapsedTime),
      ipAddress: request.callerAddress,
    };
    if (request.operation !== null && status < 400) logger[level](fields, 'request completed');
    else unsolicited.log(`${route ?? 'unknown path'} ${status}`, fields);
    done();
  });
  app.addHook('onClose', async () => unsolicited.close());
}

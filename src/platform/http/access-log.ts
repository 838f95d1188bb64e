import type { FastifyInstance } from 'fastify';
import type { Logger } from '../logger.js';

/** Logs each request of this scope once it has been answered. */
export function registerAccessLog(app: FastifyInstance, logger: Logger, level: 'debug' | 'info'): void {
  if (!logger.isLevelEnabled(level)) return;
  app.addHook('onResponse', (request, reply, done) => {
    logger[level](
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime),
        ipAddress: request.callerAddress,
      },
      'request',
    );
    done();
  });
}

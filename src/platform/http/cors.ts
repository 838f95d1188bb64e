import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../logger.js';

/** A page under development, on any port of the local machine. */
const LOCAL_ORIGIN = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/** Scheme, host and port: all that a browser sends. Any other value is not logged. */
const LOGGABLE_ORIGIN = /^(?:null|https?:\/\/[a-z0-9.:[\]-]{1,253})$/;

const LOGGED_ORIGINS_MAX = 100;

/** Logs each rejected origin once, so that a developer finds the missing setting. */
function registerRejectedOrigins(app: FastifyInstance, isAllowed: (origin: string) => boolean, logger: Logger): void {
  const logged = new Set<string>();
  app.addHook('onRequest', (request, _reply, done) => {
    const { origin, host } = request.headers;
    // Browsers also send the origin with a POST to the same origin, as from Sandbox.
    const isForeign = origin !== undefined && !isAllowed(origin) && origin.replace(/^https?:\/\//, '') !== host;
    if (isForeign && LOGGABLE_ORIGIN.test(origin) && logged.size < LOGGED_ORIGINS_MAX && !logged.has(origin)) {
      logged.add(origin);
      logger.warn({ origin }, 'Origin rejected: it is not in CORS_ORIGINS, so its pages cannot read responses');
    }
    done();
  });
}

/**
 * Allows pages of these origins to call the routes of this scope with any header.
 *
 * @param options.localPages whether to allow pages of localhost as well
 */
export async function registerCors(
  app: FastifyInstance,
  options: { origins: readonly string[]; localPages: boolean; logger: Logger },
): Promise<void> {
  const origins = new Set(options.origins);
  const isAllowed = (origin: string) => origins.has(origin) || (options.localPages && LOCAL_ORIGIN.test(origin));
  registerRejectedOrigins(app, isAllowed, options.logger);
  await app.register(cors, {
    origin: (origin, callback) => callback(null, origin !== undefined && isAllowed(origin)),
    methods: ['GET', 'POST'],
    exposedHeaders: ['x-request-id', 'retry-after', 'www-authenticate'],
    maxAge: 600,
    strictPreflight: false,
  });
}

import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../logger.js';

/** A page that is being developed, on any port of the developer's own machine. */
const LOCAL_ORIGIN = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/** A scheme, a host and a port, which is all that a browser sends. Anything else is not repeated in the log. */
const LOGGABLE_ORIGIN = /^(?:null|https?:\/\/[a-z0-9.:[\]-]{1,253})$/;

const LOGGED_ORIGINS_MAX = 100;

/** Logs each origin whose pages are rejected once, so that a developer who forgot the setting finds it. */
function registerRejectedOrigins(app: FastifyInstance, isAllowed: (origin: string) => boolean, logger: Logger): void {
  const logged = new Set<string>();
  app.addHook('onRequest', (request, _reply, done) => {
    const { origin, host } = request.headers;
    // A page of our own sends its origin with a POST too.
    const isForeign = origin !== undefined && !isAllowed(origin) && origin.replace(/^https?:\/\//, '') !== host;
    if (isForeign && LOGGABLE_ORIGIN.test(origin) && logged.size < LOGGED_ORIGINS_MAX && !logged.has(origin)) {
      logged.add(origin);
      logger.warn({ origin }, 'Origin rejected: it is not in CORS_ORIGINS, so its pages cannot read responses');
    }
    done();
  });
}

/**
 * Lets pages of these origins call what is in this scope. An origin that is allowed may send any header.
 *
 * @param options.localPages whether pages of localhost are allowed too
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

import type { IncomingHttpHeaders } from 'node:http';
import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from '../logger.js';

/** A page under development, on any port of the local machine. */
const LOCAL_ORIGIN = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/** Scheme, host and port: all that a browser sends. Any other value is not logged. */
const LOGGABLE_ORIGIN = /^(?:null|https?:\/\/[a-z0-9.:[\]-]{1,253})$/;

const LOGGED_ORIGINS_MAX = 100;

/** Returns a function that logs each rejected origin once, so that a developer finds the missing setting. */
function rejectedOriginLog(logger: Logger) {
  const logged = new Set<string>();
  return (origin: string, host: string | undefined): void => {
    // Browsers also send the origin with a POST to the same origin, as from Sandbox.
    const isForeign = origin.replace(/^https?:\/\//, '') !== host;
    if (isForeign && LOGGABLE_ORIGIN.test(origin) && logged.size < LOGGED_ORIGINS_MAX && !logged.has(origin)) {
      logged.add(origin);
      logger.warn({ origin }, 'Origin rejected: it is not in CORS_ORIGINS, so its pages cannot read responses');
    }
  };
}

/**
 * Allows pages of these origins to call the routes of this scope with any header.
 *
 * @param options.localPages whether to allow pages of localhost as well
 * @param options.isOfPortalSession returns whether to allow an origin because a portal session is bound to it
 */
export async function registerCors(
  app: FastifyInstance,
  options: {
    origins: readonly string[];
    localPages: boolean;
    isOfPortalSession: (origin: string) => Promise<boolean>;
    logger: Logger;
  },
): Promise<void> {
  const origins = new Set(options.origins);
  const logRejected = rejectedOriginLog(options.logger);
  const isAllowed = async ({ origin, host }: IncomingHttpHeaders): Promise<boolean> => {
    if (origin === undefined) return false;
    if (origins.has(origin) || (options.localPages && LOCAL_ORIGIN.test(origin))) return true;
    if (await options.isOfPortalSession(origin)) return true;
    logRejected(origin, host);
    return false;
  };
  await app.register(cors, {
    delegator: async ({ headers }: FastifyRequest) => ({
      origin: await isAllowed(headers),
      methods: ['GET', 'POST'],
      exposedHeaders: ['x-request-id', 'retry-after', 'www-authenticate'],
      maxAge: 600,
      strictPreflight: false,
    }),
  });
}

import type { FastifyInstance } from 'fastify';

/** Gives the pages of this scope their policy: what they may load, run and be framed by. A page's own policy stays. */
export function registerHtmlPolicy(app: FastifyInstance, contentSecurityPolicy: string): void {
  app.addHook('onSend', (_request, reply, body, done) => {
    if (String(reply.getHeader('content-type')).startsWith('text/html')) {
      if (!reply.hasHeader('content-security-policy')) void reply.header('content-security-policy', contentSecurityPolicy);
      void reply.header('referrer-policy', 'no-referrer');
    }
    done(null, body);
  });
}

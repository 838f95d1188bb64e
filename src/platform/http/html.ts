import type { FastifyInstance } from 'fastify';

/** Adds a Content-Security-Policy to the pages of this scope. A page that sets its own policy keeps it. */
export function registerHtmlPolicy(app: FastifyInstance, contentSecurityPolicy: string): void {
  app.addHook('onSend', (_request, reply, body, done) => {
    if (String(reply.getHeader('content-type')).startsWith('text/html')) {
      if (!reply.hasHeader('content-security-policy')) void reply.header('content-security-policy', contentSecurityPolicy);
      void reply.header('referrer-policy', 'no-referrer');
    }
    done(null, body);
  });
}

import type { FastifyInstance } from 'fastify';
import { VERSION } from '../version.js';
import { prefersHtml } from './accepts-html.js';
import { sendError } from './error-answers.js';

/**
 * Registers `GET /`: it leads a browser to the page, and returns JSON to other clients. In production it reveals only the name.
 *
 * @param options.schemaIsPublic whether the API page and the schema exist
 * @param options.page path of the page for browsers; null if the console is not served, so that a browser gets 404
 */
export function registerHome(
  app: FastifyInstance,
  { production, schemaIsPublic, page }: { production: boolean; schemaIsPublic: boolean; page: string | null },
): void {
  const json =
    !production && schemaIsPublic
      ? { name: 'Keyward', version: VERSION, graphql: '/graphql', schema: '/schema.graphql', ready: '/readyz' }
      : { name: 'Keyward' };
  app.get('/', (request, reply) => {
    void reply.header('vary', 'Accept');
    if (!prefersHtml(request)) return reply.send(json);
    return page === null ? sendError(reply, 404, request.id) : reply.redirect(page);
  });
}

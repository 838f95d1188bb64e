import type { FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

/** Returns whether a browser opens a page. A client that accepts any type is not a browser, because browsers name text/html. */
export function prefersHtml({ headers: { accept } }: FastifyRequest): boolean {
  return new Negotiator({ headers: { accept } }).mediaTypes(['application/json', 'text/html'])[0] === 'text/html';
}

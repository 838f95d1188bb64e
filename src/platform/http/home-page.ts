import type { FastifyInstance } from 'fastify';
import Negotiator from 'negotiator';
import { VERSION } from '../version.js';
import { htmlPage, PAGE_STYLE, sourceHash } from './page.js';

const STYLE = `${PAGE_STYLE}
  body { display: grid; place-items: center; padding: 24px; }
  main { width: 100%; max-width: 560px; padding: 32px; background: var(--panel); border: 1px solid var(--line); border-radius: 12px; }
  h1 { font-size: 26px; line-height: 1.2; letter-spacing: -.01em; }
  h1 small { margin-left: 6px; font-size: 14px; font-weight: 400; letter-spacing: 0; color: var(--soft); }
  p { margin-top: 10px; }
  ul { margin: 24px 0 0; padding: 0; list-style: none; }
  li { padding: 12px 0; border-top: 1px solid var(--line); }
  li span { display: block; color: var(--soft); }
  .note { margin-top: 12px; padding-top: 16px; border-top: 1px solid var(--line); color: var(--soft); }
  @media (max-width: 480px) { body { padding: 16px; } main { padding: 24px 20px; } }
`;

const CSP = [
  "default-src 'none'",
  `style-src ${sourceHash(STYLE)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PURPOSE = 'Keyward issues API keys to the users of a product, and verifies the keys for services and gateways.';

const DEVELOPMENT_BODY = `
<main>
  <h1>Keyward <small>version ${VERSION}</small></h1>
  <p>${PURPOSE}</p>
  <ul>
    <li><a href="graphql">GraphQL API</a><span>Run operations in the browser.</span></li>
    <li><a href="schema.graphql">Schema</a><span>Every operation, type and field, with its description.</span></li>
    <li><a href="readyz">Status</a><span>Whether this server can answer requests now.</span></li>
  </ul>
  <p class="note">The documentation is in <code>README.md</code> and <code>docs/</code> of Keyward's source.</p>
</main>`;

const PRODUCTION_BODY = `
<main>
  <h1>Keyward</h1>
  <p>${PURPOSE}</p>
  <p class="note">This server is running. It has an API for programs and no pages for browsers.</p>
</main>`;

/**
 * Registers `GET /`: a small page for browsers, and JSON for other clients. In production it reveals only the name.
 *
 * @param options.schemaIsPublic whether the API page and the schema exist, so that the page can link to them
 */
export function registerHomePage(app: FastifyInstance, options: { production: boolean; schemaIsPublic: boolean }): void {
  const isDetailed = !options.production && options.schemaIsPublic;
  const html = htmlPage({ title: 'Keyward', style: STYLE, body: isDetailed ? DEVELOPMENT_BODY : PRODUCTION_BODY });
  const json = isDetailed
    ? { name: 'Keyward', version: VERSION, graphql: '/graphql', schema: '/schema.graphql', ready: '/readyz' }
    : { name: 'Keyward' };
  app.get('/', (request, reply) => {
    void reply.header('vary', 'Accept');
    const types = new Negotiator({ headers: { accept: request.headers.accept } }).mediaTypes(['application/json', 'text/html']);
    // A client that accepts anything gets JSON: browsers name text/html.
    if (types[0] !== 'text/html') return reply.send(json);
    return reply.type('text/html; charset=utf-8').header('content-security-policy', CSP).send(html);
  });
}

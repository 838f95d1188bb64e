import type { ApolloServerPlugin } from '@apollo/server';
import { htmlPage, sourceHash } from '../http/page.js';
import { sandboxScript } from './sandbox-script.js';
import { SANDBOX_STYLE } from './sandbox-style.js';

const SCRIPT_URL = 'https://embeddable-sandbox.cdn.apollographql.com/v2/embeddable-sandbox.umd.production.min.js';
const FRAME_ORIGIN = 'https://sandbox.embed.apollographql.com';

const SCRIPT = sandboxScript(SCRIPT_URL);

/** Content-Security-Policy of the page. It allows only what the page embeds. */
export const SANDBOX_CSP = [
  "default-src 'none'",
  `script-src ${SCRIPT_URL} ${sourceHash(SCRIPT)}`,
  `style-src ${sourceHash(SANDBOX_STYLE)}`,
  `frame-src ${FRAME_ORIGIN}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const BODY = `
<header>
  <h1>Keyward <span>GraphQL API</span></h1>
  <nav>
    <a href="schema.graphql">Schema</a>
    <button type="button" id="view" hidden>Show Apollo Sandbox</button>
  </nav>
</header>
<div id="sandbox"></div>
<main>
  <p id="notice" role="status" hidden>Apollo Sandbox is loaded from Apollo's servers, which this browser cannot reach. This page works without it.</p>
  <form id="form">
    <div class="bar">
      <button type="button" data-example="sign-up">Sign up</button>
      <button type="button" data-example="create-key">Create a key</button>
      <button type="button" data-example="verify-key">Verify it</button>
      <button type="button" data-example="list-keys">List keys</button>
      <button class="primary" title="Ctrl+Enter">Run</button>
    </div>
    <div class="bar result"><h2>Response</h2><span id="status" role="status"></span></div>
    <div class="inputs">
      <textarea id="query" aria-label="Operation" spellcheck="false">query Start {
  __typename
}</textarea>
      <label for="variables">Variables <span>JSON</span></label>
      <textarea id="variables" spellcheck="false">{}</textarea>
      <label for="token">Access token <span>filled in by a sign-up or sign-in</span></label>
      <input id="token" type="password" autocomplete="off" spellcheck="false">
    </div>
    <pre id="response" tabindex="0" aria-label="Response">Choose an example or write an operation, then choose Run.</pre>
    <div class="curl">
      <div class="bar"><h2>The same with curl</h2></div>
      <pre tabindex="0" aria-label="curl command"><code id="curl"></code></pre>
    </div>
  </form>
</main>`;

const HTML = htmlPage({ title: 'Keyward GraphQL API', style: SANDBOX_STYLE, body: BODY, script: SCRIPT }).replace(
  '<body>',
  '<body data-view="loading">',
);

/**
 * Serves the page for a browser that opens the URL of the API: Apollo Sandbox, and a built-in page if Apollo's servers are
 * unreachable. The landing page of Apollo Server contains its policy with a new nonce in each response. This page is
 * constant, so its policy is a header, and a test can compare it.
 */
export const sandboxPlugin: ApolloServerPlugin = {
  serverWillStart: async () => ({ renderLandingPage: async () => ({ html: HTML }) }),
};

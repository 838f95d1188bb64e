import { createHash } from 'node:crypto';
import type { ApolloServerPlugin } from '@apollo/server';

const SCRIPT_URL = 'https://embeddable-sandbox.cdn.apollographql.com/v2/embeddable-sandbox.umd.production.min.js';
const FRAME_ORIGIN = 'https://sandbox.embed.apollographql.com';

// The embedded Sandbox is a frame of Apollo's. It asks this page to send its requests, so they come from our own origin.
const SCRIPT = `
  const { EmbeddedSandbox } = window;
  if (EmbeddedSandbox) {
    document.getElementById('offline').remove();
    new EmbeddedSandbox({
      target: '#sandbox',
      initialEndpoint: location.origin + location.pathname,
      endpointIsEditable: false,
      runTelemetry: false,
      allowDynamicStyles: false,
    });
  }
`;

const STYLE = `
  html, body, #sandbox, iframe { width: 100%; height: 100%; margin: 0; border: none; }
  #offline { font-family: sans-serif; padding: 1em; }
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Allows what the page embeds and nothing else. */
export const SANDBOX_CSP = [
  "default-src 'none'",
  `script-src ${SCRIPT_URL} ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  `frame-src ${FRAME_ORIGIN}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Keyward: Apollo Sandbox</title>
    <link rel="icon" href="data:,">
    <style>${STYLE}</style>
  </head>
  <body>
    <div id="sandbox"></div>
    <p id="offline">Apollo Sandbox comes from Apollo's servers, and they can't be reached from here. The API works without it: point any GraphQL client at this address.</p>
    <script src="${SCRIPT_URL}"></script>
    <script>${SCRIPT}</script>
  </body>
</html>
`;

/**
 * Apollo Sandbox for a browser that opens the API's address. Apollo Server's own page makes a new nonce for each answer
 * and puts its policy into the page; this one is fixed, so the policy can be a header and its text be tested.
 */
export const sandboxPlugin: ApolloServerPlugin = {
  serverWillStart: async () => ({ renderLandingPage: async () => ({ html: HTML }) }),
};

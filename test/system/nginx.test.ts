import { expect, test } from '@jest/globals';
import { type Ports, readExample, startStack, substitute } from '../support/behind-gateway.js';
import { describeGateway } from '../support/gateway-guarantees.js';
import { nginxCommand } from '../support/nginx.js';
import type { Command } from '../support/program.js';

/** Debian's nginx on examples/nginx.conf. */
const nginx =
  (verifierToken: string | null) =>
  (directory: string, ports: Ports): Command => {
    const site = substitute(readExample('nginx.conf'), {
      'server 127.0.0.1:4000;': `server 127.0.0.1:${ports.keyward};`,
      'server 127.0.0.1:8000;': `server 127.0.0.1:${ports.api};`,
      'listen 8080;': `listen 127.0.0.1:${ports.gateway};`,
      ...(verifierToken && {
        '# proxy_set_header X-Verifier-Token "one of them";': `proxy_set_header X-Verifier-Token "${verifierToken}";`,
      }),
    });
    return nginxCommand(directory, site);
  };

describeGateway(
  'nginx with examples/nginx.conf',
  (verifierToken) => startStack(nginx(verifierToken), verifierToken ? { VERIFIER_TOKENS: verifierToken } : {}),
  (stack) => {
    test('a rejection has the body of nginx, without a code', async () => {
      const { body } = await stack().send();
      expect(JSON.parse(body)).toEqual({ type: 'about:blank', title: 'A valid API key is required.', status: 401 });
    });

    test('responses of the API also report the rest of a rate limit', async () => {
      const { key } = await stack().newKey({ rateLimit: { limit: 2, windowSeconds: 3600 } });
      const { headers } = await stack().send({ path: '/status/404', headers: ['x-api-key', key] });
      expect([headers.ratelimit, headers['ratelimit-policy']]).toEqual([expect.stringMatching(/^"key";r=1;t=\d+$/), '"key";q=2;w=3600']);
    });

    test('clients cannot reach the location that asks Keyward', async () => {
      const { key } = await stack().newKey();
      expect((await stack().send({ path: '/_keyward', headers: ['x-api-key', key] })).status).toBe(404);
    });

    test('headers that only the API uses can be larger than Keyward accepts', async () => {
      const { key } = await stack().newKey();
      const headers = ['x-api-key', key, 'cookie', 'x'.repeat(7_000), 'x-more', 'y'.repeat(7_000), 'x-most', 'z'.repeat(7_000)];
      expect((await stack().echo({ headers })).headers['x-more']).toHaveLength(7_000);
    });

    test('a credential too large for Keyward is an error of the client, and not an outage: 400', async () => {
      const headers = ['x-api-key', 'x'.repeat(7_000), 'authorization', 'y'.repeat(7_000), 'user-agent', 'z'.repeat(7_000)];
      expect((await stack().send({ headers })).status).toBe(400);
    });
  },
);

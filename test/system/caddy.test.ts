import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { type Ports, readExample, startStack, substitute } from '../support/behind-gateway.js';
import { describeGateway } from '../support/gateway-guarantees.js';
import type { Command } from '../support/program.js';

/** Debian’s Caddy on examples/Caddyfile, without its administration port. */
const caddy =
  (verifierToken: string | null) =>
  (directory: string, ports: Ports): Command => {
    const site = substitute(readExample('Caddyfile'), {
      'forward_auth 127.0.0.1:4001': `forward_auth 127.0.0.1:${ports.internal}`,
      'http://:4001': `http://:${ports.internal}`,
      'reverse_proxy 127.0.0.1:4000': `reverse_proxy 127.0.0.1:${ports.keyward}`,
      'reverse_proxy 127.0.0.1:8000': `reverse_proxy 127.0.0.1:${ports.api}`,
      'http://:8080': `http://:${ports.gateway}`,
      ...(verifierToken && { '# header_up X-Verifier-Token "one of them"': `header_up X-Verifier-Token "${verifierToken}"` }),
    });
    const file = path.join(directory, 'Caddyfile');
    writeFileSync(file, `{\n\tadmin off\n}\n\n${site}`);
    return { file: '/usr/bin/caddy', args: ['run', '--config', file, '--adapter', 'caddyfile'], env: { HOME: directory } };
  };

describeGateway(
  'Caddy with examples/Caddyfile',
  (verifierToken) => startStack(caddy(verifierToken), verifierToken ? { VERIFIER_TOKENS: verifierToken } : {}),
  (stack) => {
    test('a rejection has the body of Keyward, with its code', async () => {
      const { body } = await stack().send();
      expect(JSON.parse(body)).toEqual({
        type: 'about:blank',
        title: 'A valid API key is required.',
        status: 401,
        code: 'UNAUTHENTICATED',
        detail: 'No API key was sent.',
      });
    });

    test('Keyward receives only chosen headers of the client', async () => {
      const { key } = await stack().newKey();
      // Keyward would respond with 431 to a cookie of 100 kB and to 250 headers.
      const many = Array.from({ length: 250 }, (_, n) => [`Bb${n}`, 'x']).flat();
      expect((await stack().send({ headers: ['x-api-key', key, 'cookie', 'x'.repeat(100_000), ...many] })).status).toBe(200);
    });

    test('a client that waits with its body is not asked to send it before it is accepted', async () => {
      const answer = await stack().send({ method: 'POST', headers: ['expect', '100-continue'], body: Buffer.alloc(5_000_000) });
      expect([answer.status, answer.wasContinued]).toEqual([401, false]);
    });
  },
);

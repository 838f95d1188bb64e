import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newKey } from '../../support/doors.js';
import { sendRaw } from '../../support/raw-http.js';
import { startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
let port: number;
beforeAll(async () => {
  app = await startTestApp({ env: { TRUSTED_PROXIES: '127.0.0.1', METRICS_TOKEN: 'metrics-token-of-16' } });
  port = Number(new URL(await app.http.listen({ port: 0, host: '127.0.0.1' })).port);
});
afterAll(() => app.close());

const REQUEST_LINES = [
  ['GraphQL', 'POST /graphql'],
  ['GraphQL in a browser', 'GET /graphql'],
  ['a preflight', 'OPTIONS /graphql'],
  ['/verify', 'GET /verify'],
  ['a path under /verify', 'PROPFIND /verify/a/b?c=d'],
  ['a health check', 'GET /healthz'],
  ['a readiness check', 'HEAD /readyz'],
  ['metrics', 'GET /metrics'],
  ['an unknown path', 'GET /nothing'],
  ['a broken path', 'GET /%ff'],
  ['a method that is not allowed', 'DELETE /graphql'],
  ['TRACE', 'TRACE /verify'],
] as const;

const names = (count: number, nameOf: (n: number) => string) => Array.from({ length: count }, (_, n) => `${nameOf(n)}: 1\r\n`).join('');

/** Sends a request in which the tested header is the last one. */
const ask = (line: string, more: string, last = '') =>
  sendRaw(port, `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}${last}\r\n`);

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);

describe('H1: the limits on headers', () => {
  test.each(REQUEST_LINES)('return 431 as JSON without a stack for more than 200 lines: %s', async (_name, line) => {
    for (const headers of [names(199, (n) => `Bb${n}`), names(1_000, (n) => `Bb${n}`), names(300, () => 'A'), names(2_500, () => 'z')]) {
      const answer = await ask(line, headers);
      expect(statusOf(answer)).toBe(431);
      expect(answer).toMatch(/content-type: application\/(problem\+)?json/i);
      expect(answer).not.toMatch(/\n\s+at |node_modules/);
      if (line.startsWith('HEAD')) continue;
      const body = JSON.parse(answer.split('\r\n\r\n')[1] ?? '');
      expect(line.includes('/verify') ? body.code : body.errors[0].extensions.code).toBe('BAD_REQUEST');
    }
  });

  test('accept 200 lines', async () => {
    expect(
      statusOf(
        await ask(
          'GET /healthz',
          names(198, (n) => `Bb${n}`),
        ),
      ),
    ).toBe(200);
  });

  test('return 431 for headers that are too large, at every route', async () => {
    for (const [, line] of REQUEST_LINES) expect(statusOf(await ask(line, `X: ${'x'.repeat(20_000)}\r\n`))).toBe(431);
  });
});

describe('K10, K11: /verify loses no header', () => {
  test.each([150, 198, 199, 500, 990, 994, 997, 1_000, 1_500])(
    'X-Keyward-Required-Scope after %i other headers gets 403 or 431',
    async (count) => {
      const { key } = await newKey(app, { scopes: ['a:b'] });
      const answer = await ask(
        'GET /verify',
        `X-API-Key: ${key}\r\n${names(count, (n) => `b${n}`)}`,
        'X-Keyward-Required-Scope: admin:all\r\n',
      );
      expect(statusOf(answer)).toBe(count < 197 ? 403 : 431);
    },
  );

  test('X-Keyward-Required-Scope gets 431 in 1,000 lines, and every line counts in 150 lines', async () => {
    const { key } = await newKey(app, { scopes: ['a'] });
    const demands = (count: number) => `X-API-Key: ${key}\r\n${'X-Keyward-Required-Scope: a\r\n'.repeat(count)}`;
    expect(statusOf(await ask('GET /verify', demands(1_000), 'X-Keyward-Required-Scope: x\r\n'))).toBe(431);
    expect(statusOf(await ask('GET /verify', demands(40), 'X-Keyward-Required-Scope: x\r\n'))).toBe(403);
    expect(statusOf(await ask('GET /verify', demands(40)))).toBe(200);
    expect(statusOf(await ask('GET /verify', demands(150)))).toBe(400);
  });

  test.each([150, 199, 1_000, 1_500])('X-Forwarded-For after %i other headers gets 403 or 431', async (count) => {
    const { key } = await newKey(app, { allowedCidrs: ['127.0.0.0/8'] });
    const answer = await ask('GET /verify', `X-API-Key: ${key}\r\n${names(count, (n) => `b${n}`)}`, 'X-Forwarded-For: 198.51.100.1\r\n');
    expect(statusOf(answer)).toBe(count < 197 ? 403 : 431);
  });

  test('X-Forwarded-For in several lines is read as one list', async () => {
    const { key } = await newKey(app, { allowedCidrs: ['198.51.100.0/24'] });
    const lines = (...entries: string[]) => entries.map((entry) => `X-Forwarded-For: ${entry}\r\n`).join('');
    const status = async (...entries: string[]) => statusOf(await ask('GET /verify', `X-API-Key: ${key}\r\n${lines(...entries)}`));
    expect(await status('203.0.113.9', '198.51.100.7')).toBe(200);
    expect(await status('198.51.100.7', '203.0.113.9')).toBe(403);
    expect(await status('203.0.113.9', '198.51.100.7', '127.0.0.1')).toBe(200);
  });
});

describe('A3: a request that two servers could read differently', () => {
  const raw = (text: string) => sendRaw(port, `${text}Connection: close\r\n\r\n`);

  test.each([
    ['two Host headers', 'GET /healthz HTTP/1.1\r\nHost: x\r\nHost: x\r\n'],
    ['two different Host headers', 'GET /graphql HTTP/1.1\r\nHost: x\r\nhOST: y\r\n'],
    ['two Host headers at /verify', 'GET /verify HTTP/1.1\r\nHost: x\r\nHost: y\r\n'],
    ['two Host headers in HTTP/1.0', 'GET /healthz HTTP/1.0\r\nHost: x\r\nHost: y\r\n'],
    ['two Host headers at an unknown path', 'GET /nothing HTTP/1.1\r\nHost: x\r\nHost: y\r\n'],
    ['a request target with another host', 'GET http://other/healthz HTTP/1.1\r\nHost: x\r\n'],
    ['a request target with user information', 'GET http://x@other/healthz HTTP/1.1\r\nHost: other\r\n'],
    ['two Authorization headers', 'GET /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAUTHORIZATION: Bearer a\r\n'],
  ])('gets 400: %s', async (_name, head) => {
    const answer = await raw(head);
    expect(statusOf(answer)).toBe(400);
    expect(answer).toMatch(/content-type: application\/(problem\+)?json/i);
  });

  test('does not include a request target with the same host, which is accepted', async () => {
    expect(statusOf(await raw('GET http://X:80/healthz HTTP/1.1\r\nHost: x:80\r\n'))).toBe(200);
  });
});

test('H1: CONNECT gets 405 as JSON, and the server survives a client that resets the connection afterwards', async () => {
  const answer = await sendRaw(port, 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 405 [\s\S]*nosniff[\s\S]*"BAD_REQUEST"/);
  expect(statusOf(await ask('GET /healthz', ''))).toBe(200);
});

test('500 pipelined requests of one connection are answered in order', async () => {
  const paths = Array.from({ length: 500 }, (_, n) => (n % 2 === 0 ? '/healthz' : '/nothing'));
  const requests = paths.map(
    (path, n) => `GET ${path} HTTP/1.1\r\nHost: x\r\n${n === paths.length - 1 ? 'Connection: close\r\n' : ''}\r\n`,
  );
  const answer = await sendRaw(port, requests.join(''));
  const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  expect(statuses).toEqual(paths.map((path) => (path === '/healthz' ? 200 : 404)));
});

test('the bodies of pipelined requests are read completely', async () => {
  const body = (n: number) => JSON.stringify({ query: `{ __typename } #${'x'.repeat(n)}` });
  const post = (text: string, more = '') =>
    `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}Content-Length: ${text.length}\r\n\r\n${text}`;
  const requests = Array.from({ length: 30 }, (_, n) => post(body(n * 1_000), n === 29 ? 'Connection: close\r\n' : ''));
  const answer = await sendRaw(port, requests.join(''));
  expect(answer.match(/\{"data":\{"__typename":"Query"\}\}/g)).toHaveLength(30);
});

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
let url: string;
beforeAll(async () => {
  app = await startTestApp();
  url = await app.http.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => app.close());

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

/** Sends the text unchanged, and returns everything that the server sends until it closes the connection. */
const raw = (text: string) =>
  new Promise<string>((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('data', (chunk) => (answer += chunk));
    socket.on('close', () => resolve(answer)).on('error', reject);
  });

const QUERY = '{"query":"{ __typename }"}';
const padded = (bytes: number) => QUERY.replace('}"}', `}","x":"${'x'.repeat(bytes - QUERY.length - 7)}"}`);

async function expectJsonError(response: Response, status: number) {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  const body = JSON.parse(await response.text());
  expect(body.errors[0].extensions).toEqual({ code: expect.any(String), requestId: response.headers.get('x-request-id') });
  expect(JSON.stringify(body)).not.toMatch(/stack|node_modules|\n\s+at /);
}

describe('H1: the server', () => {
  test('accepts a body of 100 kB, and returns 413 for one byte more', async () => {
    expect((await post(padded(100_000))).status).toBe(200);
    await expectJsonError(await post(padded(100_001)), 413);
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('applies the same limit to the decompressed body: %s', async (encoding, compress) => {
    const send = (text: string) => post(new Uint8Array(compress(text)), { 'content-encoding': encoding });
    const fits = await send(padded(100_000));
    expect(await fits.json()).toEqual({ data: { __typename: 'Query' } });
    await expectJsonError(await send(padded(100_001)), 413);
    await expectJsonError(await send(padded(20_000_000)), 413);
  });

  test('returns 400 for a body that does not match its Content-Encoding, and 415 for an unknown encoding', async () => {
    await expectJsonError(await post(QUERY, { 'content-encoding': 'gzip' }), 400);
    await expectJsonError(await post(new Uint8Array(gzipSync(QUERY).subarray(0, 20)), { 'content-encoding': 'gzip' }), 400);
    await expectJsonError(await post(QUERY, { 'content-encoding': 'zstd' }), 415);
    await expectJsonError(await post(QUERY, { 'content-encoding': 'constructor' }), 415);
  });

  test('survives every Content-Encoding, also if the body is not read', async () => {
    const overLimit = gzipSync(padded(200_000));
    overLimit.fill(0xff, overLimit.length - 8);
    const garbage = { 'content-encoding': 'gzip' };
    const statuses = [
      (await fetch(`${url}/healthz`, { headers: garbage })).status,
      (await fetch(`${url}/nothing`, { method: 'PUT', headers: garbage, body: 'garbage' })).status,
      (await fetch(`${url}/graphql`, { method: 'DELETE', headers: { 'content-encoding': 'br' } })).status,
      (await post('garbage', { ...garbage, 'content-type': 'image/png' })).status,
      (await post(new Uint8Array(overLimit), garbage)).status,
      (await fetch(`${url}/healthz`)).status,
    ];
    expect(statuses).toEqual([200, 400, 405, 400, 413, 200]);
  });

  test('accepts the name of the encoding in any case', async () => {
    expect((await post(new Uint8Array(gzipSync(QUERY)), { 'content-encoding': 'GZIP' })).status).toBe(200);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'image/png'])('returns 413 for 5 MB of %s', async (type) => {
    await expectJsonError(await post('x'.repeat(5_000_000), { 'content-type': type }), 413);
  });

  test.each(['{', '', 'null{', '{"a":1}{', '{"__proto__":{"x":1},"query":"{ __typename }"}'])(
    'returns 400 for malformed JSON: %j',
    async (body) => {
      expect((await post(body)).status).toBe(400);
    },
  );

  test.each(['PUT', 'DELETE', 'PATCH'])('returns 405 with the allowed methods: %s', async (method) => {
    const response = await fetch(`${url}/graphql`, { method });
    expect(response.headers.get('allow')).toMatch(/GET.*POST|POST.*GET/);
    await expectJsonError(response, 405);
  });

  test('returns 405 for HEAD /graphql', async () => {
    const response = await fetch(`${url}/graphql`, { method: 'HEAD' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });

  test('returns 405 for TRACE', async () => {
    expect(await raw('TRACE /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 405 /);
  });

  test('returns 404 for an unknown path, and 405 for a POST to a health check', async () => {
    await expectJsonError(await fetch(`${url}/nothing`), 404);
    await expectJsonError(await fetch(`${url}/healthz`, { method: 'POST' }), 405);
  });

  test('returns JSON for input that is not HTTP, and for headers that are too large', async () => {
    expect(await raw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 [\s\S]*nosniff[\s\S]*"BAD_REQUEST"/);
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 [\s\S]*"BAD_REQUEST"/);
  });

  test('replaces the default responses of Node for a missing Host and for an unknown expectation', async () => {
    expect(await raw('GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*nosniff.*"BAD_REQUEST"/s);
    expect(await raw('GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
  });

  test('does not log bodies', async () => {
    await post('{"kanarie-7c2"');
    expect(app.logs()).not.toContain('kanarie-7c2');
  });
});

describe('H2: slow clients', () => {
  test('have 15 s for the headers and 30 s for the request, checked every second', () => {
    const { headersTimeout, requestTimeout } = app.http.server;
    expect([headersTimeout, requestTimeout]).toEqual([15_000, 30_000]);
    expect(app.http.initialConfig).toMatchObject({ requestTimeout: 30_000 });
    // Node exposes the interval by this symbol only.
    const hidden = Object.getOwnPropertySymbols(app.http.server).find(
      ({ description }) => description === 'http.server.connectionsCheckingInterval',
    );
    const interval = hidden && (app.http.server as unknown as Record<symbol, { _repeat?: number }>)[hidden];
    expect(interval?._repeat).toBe(1_000);
  });
});

describe('H3: foreign origins', () => {
  const preflight = (origin: string, target = app) =>
    target.http.inject({
      method: 'OPTIONS',
      url: '/graphql',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,authorization' },
    });

  test.each(['https://evil.example', 'null', 'https://studio.apollographql.com.evil.example', 'http://studio.apollographql.com'])(
    'get no Access-Control-Allow-Origin: %s',
    async (origin) => {
      for (const response of [await preflight(origin), await app.http.inject({ url: '/healthz', headers: { origin } })]) {
        expect(response.headers['access-control-allow-origin']).toBeUndefined();
      }
    },
  );

  test('are rejected in production if they are the hosted Sandbox, and allowed elsewhere', async () => {
    const studio = 'https://studio.apollographql.com';
    expect((await preflight(studio)).headers['access-control-allow-origin']).toBe(studio);
    const production = await startTestApp({ env: { NODE_ENV: 'production' } });
    expect((await preflight(studio, production)).headers['access-control-allow-origin']).toBeUndefined();
    await production.close();
  });

  test('are allowed if CORS_ORIGINS contains them', async () => {
    const open = await startTestApp({ env: { CORS_ORIGINS: 'https://app.example.com, https://admin.example.com' } });
    const { headers, statusCode } = await preflight('https://admin.example.com', open);
    expect(statusCode).toBe(204);
    expect(headers).toMatchObject({ 'access-control-allow-origin': 'https://admin.example.com', vary: expect.stringContaining('Origin') });
    expect((await preflight('https://studio.apollographql.com', open)).headers['access-control-allow-origin']).toBeUndefined();
    await open.close();
  });
});

describe('H3: request origins', () => {
  const originOf = async (target: TestApp, origin: string, host = 'localhost:80') =>
    (await target.http.inject({ url: '/healthz', headers: { origin, host } })).headers['access-control-allow-origin'];
  const rejections = (target: TestApp) =>
    target
      .logs()
      .split('\n')
      .filter((line) => line.includes('Origin rejected'))
      .map((line) => JSON.parse(line).origin);

  test.each(['http://localhost:5173', 'http://localhost', 'http://127.0.0.1:3000', 'http://[::1]:8080'])(
    'are allowed if they are local, and in production only if CORS_ORIGINS contains them: %s',
    async (origin) => {
      const production = await startTestApp({ env: { NODE_ENV: 'production' } });
      const listed = await startTestApp({ env: { NODE_ENV: 'production', CORS_ORIGINS: origin } });
      expect(await originOf(app, origin)).toBe(origin);
      expect(await originOf(production, origin)).toBeUndefined();
      expect(await originOf(listed, origin)).toBe(origin);
      await Promise.all([production.close(), listed.close()]);
    },
  );

  test.each([
    ...[
      'http://localhost.evil.example',
      'http://localhost:5173.evil.example',
      'http://evil.example/localhost',
      'http://127.0.0.1.evil.example',
    ],
    ...[
      'http://localhost@evil.example',
      'http://LOCALHOST:1',
      'http://127.0.0.2:80',
      'http://localhost:',
      'xhttp://localhost:1',
      'http://localhost:1 ',
    ],
  ])('are rejected if they only resemble a local origin: %s', async (origin) => {
    expect(await originOf(app, origin.trim() === origin ? origin : `${origin.trim()}x`)).toBeUndefined();
  });

  test('are logged once when rejected, with the setting that allows them, except the server’s own origin', async () => {
    const target = await startTestApp({ env: { NODE_ENV: 'production' } });
    for (let round = 0; round < 3; round += 1) {
      for (const origin of ['https://app.example.com', 'http://localhost:5173', 'null']) await originOf(target, origin);
      await originOf(target, 'https://keys.example.com', 'keys.example.com');
    }
    expect(rejections(target)).toEqual(['https://app.example.com', 'http://localhost:5173', 'null']);
    expect(target.logs()).toContain('CORS_ORIGINS');
    await target.close();
  });

  test('are logged at most 100 times, and a value that is not an origin is not logged', async () => {
    const target = await startTestApp();
    for (const origin of ['kanarie', 'https://ada@kanarie.example', 'https://x/kanarie', 'https://kanarie\u001b[31m'])
      await originOf(target, origin);
    for (let n = 0; n < 150; n += 1) await originOf(target, `https://a${n}.example`);
    expect(rejections(target)).toHaveLength(100);
    expect(target.logs()).not.toContain('kanarie');
    await target.close();
  });
});

describe('H4: the security headers', () => {
  test.each([
    ['/graphql', {}],
    ['/graphql', { accept: 'text/html' }],
    ['/healthz', {}],
    ['/readyz', {}],
    ['/', {}],
    ['/', { accept: 'text/html' }],
    ['/schema.graphql', {}],
    ['/nothing', {}],
    ['/%ff', {}],
  ])('are nosniff and no-store, without X-Powered-By, at %s with %j', async (path, headers) => {
    const response = await fetch(url + path, { headers: headers as Record<string, string> });
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-powered-by')).toBeNull();
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('restrict Apollo Sandbox by a policy that allows only what it embeds', async () => {
    const response = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
    const page = await response.text();
    const hash = async (tag: string) => {
      const [, content = ''] = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(page) ?? [];
      return Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(content))).toString('base64');
    };
    expect(response.headers.get('content-security-policy')).toBe(
      [
        "default-src 'none'",
        `script-src https://embeddable-sandbox.cdn.apollographql.com/v2/embeddable-sandbox.umd.production.min.js 'sha256-${await hash('script')}'`,
        `style-src 'sha256-${await hash('style')}'`,
        'frame-src https://sandbox.embed.apollographql.com',
        "connect-src 'self'",
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
    );
    expect(page).toContain('EmbeddedSandbox');
  });
});

describe('GET /', () => {
  const VERSION = JSON.parse(readFileSync('package.json', 'utf8')).version;
  const get = (target: TestApp, accept?: string) => target.http.inject({ url: '/', headers: accept === undefined ? {} : { accept } });

  test.each([undefined, '*/*', 'application/json', 'application/json, text/html;q=0.9', 'image/png'])(
    'returns JSON to clients that are not browsers: Accept: %s',
    async (accept) => {
      const { statusCode, headers, body } = await get(app, accept);
      expect([statusCode, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
      expect(JSON.parse(body)).toEqual({
        name: 'Keyward',
        version: VERSION,
        graphql: '/graphql',
        schema: '/schema.graphql',
        ready: '/readyz',
      });
    },
  );

  test('reveals only the name in production, with and without a public schema', async () => {
    for (const INTROSPECTION of ['true', '']) {
      const production = await startTestApp({ env: { NODE_ENV: 'production', INTROSPECTION } });
      expect(JSON.parse((await get(production)).body)).toEqual({ name: 'Keyward' });
      await production.close();
    }
  });

  test('returns 405 for other methods', async () => {
    const { statusCode, headers } = await app.http.inject({ method: 'POST', url: '/' });
    expect([statusCode, headers.allow]).toEqual([405, 'GET, HEAD']);
  });
});

describe('GET /schema.graphql', () => {
  test('returns the schema of the repository', async () => {
    const { headers, body } = await app.http.inject('/schema.graphql');
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(readFileSync('schema.graphql', 'utf8')).toContain(body);
    expect(body).toContain('type Mutation');
  });

  test('returns 404 unless the schema is public', async () => {
    const production = await startTestApp({ env: { NODE_ENV: 'production' } });
    expect((await production.http.inject('/schema.graphql')).statusCode).toBe(404);
    await production.close();
  });
});

describe('the client’s address', () => {
  const addressSeen = async (target: TestApp, forwarded: string, peer: string) => {
    await target.http.inject({ url: '/healthz', headers: { 'x-forwarded-for': forwarded }, remoteAddress: peer });
    return JSON.parse(target.logs().trim().split('\n').at(-1) ?? '{}').ipAddress;
  };

  test('H5: ignores X-Forwarded-For from a peer that is not trusted', async () => {
    expect(await addressSeen(app, '192.0.2.1', '198.51.100.9')).toBe('198.51.100.9');
    const behind = await startTestApp({ env: { TRUSTED_PROXIES: '10.0.0.0/8' } });
    expect(await addressSeen(behind, '192.0.2.1', '198.51.100.9')).toBe('198.51.100.9');
    expect(await addressSeen(behind, '192.0.2.1', '10.1.2.3')).toBe('192.0.2.1');
    expect(await addressSeen(behind, '203.0.113.66, 192.0.2.1, 10.9.9.9', '10.1.2.3')).toBe('192.0.2.1');
    expect(await addressSeen(behind, '10.8.8.8, 10.9.9.9', '10.1.2.3')).toBe('10.8.8.8');
    await behind.close();
  });
});

describe('H5: an ignored X-Forwarded-For', () => {
  test('is logged as a warning once, without its value', async () => {
    const target = await startTestApp({ env: { TRUSTED_PROXIES: '10.0.0.0/8' } });
    const send = (url: string, forwarded: string, remoteAddress: string) =>
      target.http.inject({ url, headers: { 'x-forwarded-for': forwarded }, remoteAddress });
    await send('/healthz', '192.0.2.1', '10.1.2.3');
    expect(target.logs()).not.toContain('TRUSTED_PROXIES');
    for (const url of ['/verify', '/graphql', '/nothing', '/verify']) await send(url, 'ada@example.com', '::ffff:198.51.100.9');
    const warnings = target
      .logs()
      .split('\n')
      .filter((line) => line.includes('TRUSTED_PROXIES'));
    expect(warnings.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ level: 40, peerAddress: '198.51.100.9' })]);
    expect(target.logs()).not.toContain('ada@');
    await target.close();
  });
});

test('shutdown answers the requests in flight, and then accepts no connection', async () => {
  const draining = await startTestApp();
  const address = await draining.http.listen({ port: 0, host: '127.0.0.1' });
  const input = { email: 'last@example.com', password: PASSWORD };
  const inFlight = new Promise<void>((resolve) => {
    draining.hashes.onRequest = resolve;
  });
  const signUp = fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'mutation ($input: SignUpInput!) { signUp(input: $input) { user { email } } }', variables: { input } }),
  });
  await inFlight;
  const startedAt = Date.now();
  const closed = draining.close();
  expect(await (await signUp).json()).toEqual({ data: { signUp: { user: { email: 'last@example.com' } } } });
  await closed;
  // The client keeps its idle connection open. Shutdown does not wait for it.
  expect(Date.now() - startedAt).toBeLessThan(4_000);
  await expect(fetch(`${address}/healthz`)).rejects.toThrow();
});

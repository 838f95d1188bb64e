import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Fastify from 'fastify';
import { RevokeApiKeyDocument } from './generated/graphql.js';
import { dropDatabase } from './support/database.js';
import { newKey } from './support/doors.js';
import { startTestApp, type TestApp } from './support/test-app.js';

type Options = { keyward: string; scopes?: string[]; verifierToken?: string; timeoutMs?: number };
// biome-ignore lint/suspicious/noExplicitAny: the examples are JavaScript, for frameworks of which one isn't here.
type Example = { requireApiKey: (options: Options) => any };

let app: TestApp;
let keyward: string;
beforeAll(async () => {
  app = await startTestApp({ env: { VERIFIER_TOKENS: 'a-verifier-token', TRUSTED_PROXIES: '127.0.0.1' } });
  keyward = await app.http.listen({ port: 0 });
});
afterAll(() => app.close());

async function listen(listener: RequestListener): Promise<{ url: string; close(): Promise<unknown> }> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.closeAllConnections() ?? server.close(resolve)),
  };
}

/** One API for each example and each set of options. It responds with what it knows about the caller. */
const APIS: Readonly<Record<string, (...options: Options[]) => Promise<{ url: string; close(): Promise<unknown> }>>> = {
  'fastify.mjs': async (...options) => {
    const { requireApiKey } = (await import('../examples/fastify.mjs' as string)) as Example;
    const api = Fastify({ trustProxy: '127.0.0.1' });
    for (const each of options) api.addHook('onRequest', requireApiKey(each));
    api.get('/', async ({ headers }) => ({ userId: headers['x-keyward-user-id'], admin: headers['x-keyward-admin'] }));
    return { url: await api.listen({ port: 0, host: '127.0.0.1' }), close: () => api.close() };
  },
  'express.mjs': async (...options) => {
    const { requireApiKey } = (await import('../examples/express.mjs' as string)) as Example;
    const guards = options.map((each) => requireApiKey(each));
    return listen((request, response) => {
      // Corresponds to the Express setting `trust proxy`.
      const forwarded = request.headers['x-forwarded-for'];
      Object.assign(request, forwarded && { ip: forwarded });
      const next = (): void => {
        const guard = guards.shift();
        if (guard) guard(request, response, next);
        else response.end(JSON.stringify({ userId: (request as { apiKey?: { ownerId: string } }).apiKey?.ownerId }));
      };
      next();
    });
  },
};

describe.each(Object.entries(APIS))('examples/%s', (_file, startApi) => {
  const send = async (headers: Record<string, string>, ...options: Partial<Options>[]) => {
    const api = await startApi(...options.map((some) => ({ keyward, verifierToken: 'a-verifier-token', ...some })));
    const response = await fetch(api.url, { headers });
    const body = (await response.json()) as Record<string, unknown>;
    await api.close();
    const { status, headers: got } = response;
    return { status, body, challenge: got.get('www-authenticate'), retryAfter: Number(got.get('retry-after')) };
  };
  const statusFor = (options: Partial<Options>, headers: Record<string, string>) => send(headers, options);

  test('accepts a valid key in either header, and identifies its owner whatever the client claims', async () => {
    const { key, userId } = await newKey(app, { scopes: ['a'], allowedCidrs: ['127.0.0.0/8', '::1'] });
    for (const sent of [{ 'x-api-key': key }, { authorization: `Bearer ${key}` }]) {
      const { status, body } = await statusFor({ scopes: ['a'] }, { ...sent, 'x-keyward-user-id': 'me', 'x-keyward-admin': 'yes' });
      expect([status, body]).toEqual([200, { userId }]);
    }
  });

  test('rejects all other requests with the response of Keyward', async () => {
    const { key, id, token } = await newKey(app, { rateLimit: { limit: 1, windowSeconds: 60 } });
    expect(await statusFor({}, {})).toMatchObject({ status: 401, challenge: expect.stringMatching(/^Bearer/) });
    expect(await statusFor({ scopes: ['a'] }, { 'x-api-key': key })).toMatchObject({ status: 403, body: { code: 'INSUFFICIENT_SCOPE' } });
    expect((await statusFor({}, { 'x-api-key': key })).status).toBe(200);
    const limited = await statusFor({}, { 'x-api-key': key });
    expect(limited).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(limited.retryAfter).toBeGreaterThan(0);
    await app.ask(RevokeApiKeyDocument, { id }, token);
    expect(await statusFor({}, { 'x-api-key': key })).toMatchObject({
      status: 401,
      body: { code: 'REVOKED', detail: 'The key was revoked.' },
    });
  });

  const WITHOUT_KEY: Record<string, string>[] = [{}, { 'x-api-key': '' }, { authorization: 'Bearer ' }, { authorization: 'Basic YTpi' }];
  test.each(WITHOUT_KEY)('answers a request without a key as /verify does: %j', async (headers) => {
    const verify = await fetch(`${keyward}/verify`, { headers: { ...headers, 'x-verifier-token': 'a-verifier-token' } });
    const { status, body, challenge } = await statusFor({}, headers);
    expect({ status, body: { code: body.code, detail: body.detail }, challenge }).toEqual({
      status: 401,
      body: { code: 'UNAUTHENTICATED', detail: 'No API key was sent.' },
      challenge: 'Bearer realm="keyward"',
    });
    expect(await verify.json()).toMatchObject({ status, code: body.code, detail: body.detail });
    expect([verify.status, verify.headers.get('www-authenticate')]).toEqual([status, challenge]);
  });

  test('rejects two different keys, as /verify does', async () => {
    const [{ key }, { key: other }] = [await newKey(app), await newKey(app)];
    const headers = { 'x-api-key': key, authorization: `Bearer ${other}` };
    const verify = await fetch(`${keyward}/verify`, { headers: { ...headers, 'x-verifier-token': 'a-verifier-token' } });
    expect([verify.status, (await statusFor({}, headers)).status]).toEqual([400, 400]);
    expect((await statusFor({}, { 'x-api-key': key, authorization: `Bearer ${key}` })).status).toBe(200);
  });

  test('checks allowedCidrs against the address that the framework reports, and accepts any User-Agent', async () => {
    const { key } = await newKey(app, { allowedCidrs: ['203.0.113.9'] });
    const headers = { 'x-api-key': key, 'user-agent': 'curl/8 \x80\xff' };
    expect((await statusFor({}, { ...headers, 'x-forwarded-for': '203.0.113.9' })).status).toBe(200);
    const rejected = await statusFor({}, { ...headers, 'x-forwarded-for': '203.0.113.10' });
    expect(rejected).toMatchObject({ status: 403, body: { code: 'IP_NOT_ALLOWED' } });
  });

  test('does not reuse the verification of one policy for another, also if the other cannot be verified', async () => {
    const { key } = await newKey(app, { scopes: ['a'] });
    expect((await send({ 'x-api-key': key }, { scopes: ['a'] }, {})).status).toBe(200);
    expect((await send({ 'x-api-key': key }, { scopes: ['a'] }, { scopes: ['b'] })).status).toBe(403);
    expect((await send({ 'x-api-key': key }, { scopes: ['a'] }, { keyward: 'http://127.0.0.1:9' })).status).toBe(503);
  });

  test('rejects all requests while Keyward or its database is unavailable, or Keyward rejects the verifier', async () => {
    const { key } = await newKey(app);
    const unavailable = await startTestApp();
    const url = await unavailable.http.listen({ port: 0, host: '127.0.0.1' });
    await dropDatabase(unavailable.databaseUrl);
    const answers = [await statusFor({ keyward: 'http://127.0.0.1:9' }, { 'x-api-key': key })];
    answers.push(await statusFor({ keyward: url }, { 'x-api-key': key }));
    await unavailable.close();
    for (const { status, body, retryAfter } of answers) {
      expect([status, body.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
      expect(retryAfter).toBeGreaterThan(0);
    }
    expect((await statusFor({ verifierToken: 'wrong' }, { 'x-api-key': key })).status).toBeGreaterThanOrEqual(403);
  });

  const NOT_KEYWARD: [string, RequestListener][] = [
    ['never answers', () => undefined],
    ['hangs in the middle of its answer', (_request, response) => void response.writeHead(200, { 'x-keyward-key-id': 'x' }).write('{"a":')],
    ['breaks off', (request) => request.socket.destroy()],
    ['answers 200 with nothing', (_request, response) => response.end()],
    ['answers 200 with something else', (_request, response) => response.end('{"data":{}}')],
    ['answers 204', (_request, response) => response.writeHead(204).end()],
    ['redirects', (_request, response) => response.writeHead(302, { location: '/somewhere' }).end()],
  ];
  test.each(NOT_KEYWARD)('rejects all requests where Keyward %s: 503 with Retry-After', async (_case, listener) => {
    const { key } = await newKey(app);
    const other = await listen(listener);
    const { status, body, retryAfter } = await statusFor({ keyward: other.url, timeoutMs: 200 }, { 'x-api-key': key });
    await other.close();
    expect([status, body.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(retryAfter).toBeGreaterThan(0);
  });
});

test.each([
  ['nginx', 'nginx.conf'],
  ['caddy', 'Caddyfile'],
])('docs/gateways.md contains the exact file that the tests run: %s', (language, file) => {
  const blocks = [...readFileSync('docs/gateways.md', 'utf8').matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))];
  expect(blocks.map(([, block]) => block)).toEqual([readFileSync(`examples/${file}`, 'utf8')]);
});

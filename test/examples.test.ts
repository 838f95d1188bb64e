import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Fastify from 'fastify';
import { RevokeApiKeyDocument } from './generated/graphql.js';
import { newKey } from './helpers/doors.js';
import { startTestApp, type TestApp } from './helpers/test-app.js';

type Options = { keyward: string; scopes?: string[]; verifierToken?: string };
// biome-ignore lint/suspicious/noExplicitAny: the examples are JavaScript, for frameworks of which one isn't here.
type Example = { requireApiKey: (options: Options) => any };

let app: TestApp;
let keyward: string;
beforeAll(async () => {
  app = await startTestApp({ env: { VERIFIER_TOKENS: 'a-token', TRUSTED_PROXIES: '127.0.0.1' } });
  keyward = await app.http.listen({ port: 0 });
});
afterAll(() => app.close());

/** An API guarded by each example, which answers with what it knows of its caller. */
const APIS: Readonly<Record<string, (options: Options) => Promise<{ url: string; close(): Promise<unknown> }>>> = {
  'fastify.mjs': async (options) => {
    const { requireApiKey } = (await import('../examples/fastify.mjs' as string)) as Example;
    const api = Fastify();
    api.addHook('onRequest', requireApiKey(options));
    api.get('/', async ({ headers }) => ({ userId: headers['x-keyward-user-id'], admin: headers['x-keyward-admin'] }));
    return { url: await api.listen({ port: 0, host: '127.0.0.1' }), close: () => api.close() };
  },
  'express.mjs': async (options) => {
    const { requireApiKey } = (await import('../examples/express.mjs' as string)) as Example;
    const guard = requireApiKey(options);
    const api = createServer((request, response) => {
      guard(request, response, () =>
        response.end(JSON.stringify({ userId: (request as { apiKey?: { ownerId: string } }).apiKey?.ownerId })),
      );
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      close: () => new Promise((resolve) => api.closeAllConnections() ?? api.close(resolve)),
    };
  },
};

describe.each(Object.entries(APIS))('examples/%s', (_file, startApi) => {
  const statusFor = async (options: Partial<Options>, headers: Record<string, string>) => {
    const api = await startApi({ keyward, verifierToken: 'a-token', ...options });
    const response = await fetch(api.url, { headers });
    const body = (await response.json()) as Record<string, unknown>;
    await api.close();
    return { status: response.status, body, challenge: response.headers.get('www-authenticate') };
  };

  test('lets a good key pass, by either header, and tells whose it is, whatever the client says', async () => {
    const { key, userId } = await newKey(app, { scopes: ['a'], allowedCidrs: ['127.0.0.0/8', '::1'] });
    for (const sent of [{ 'x-api-key': key }, { authorization: `Bearer ${key}` }]) {
      const { status, body } = await statusFor({ scopes: ['a'] }, { ...sent, 'x-keyward-user-id': 'me', 'x-keyward-admin': 'yes' });
      expect([status, body]).toEqual([200, { userId }]);
    }
  });

  test('refuses all others, as Keyward does', async () => {
    const { key, id, token } = await newKey(app, { rateLimit: { limit: 1, windowSeconds: 60 } });
    expect(await statusFor({}, {})).toMatchObject({ status: 401, challenge: expect.stringMatching(/^Bearer/) });
    expect(await statusFor({ scopes: ['a'] }, { 'x-api-key': key })).toMatchObject({ status: 403, body: { code: 'INSUFFICIENT_SCOPE' } });
    expect((await statusFor({}, { 'x-api-key': key })).status).toBe(200);
    expect(await statusFor({}, { 'x-api-key': key })).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    await app.ask(RevokeApiKeyDocument, { id }, token);
    expect(await statusFor({}, { 'x-api-key': key })).toMatchObject({ status: 401, body: { code: 'REVOKED' } });
  });

  test('lets nobody pass while Keyward can’t be asked, or refuses to be', async () => {
    const { key } = await newKey(app);
    expect((await statusFor({ keyward: 'http://127.0.0.1:9' }, { 'x-api-key': key })).status).toBe(503);
    expect((await statusFor({ verifierToken: 'wrong' }, { 'x-api-key': key })).status).toBeGreaterThanOrEqual(403);
  });
});

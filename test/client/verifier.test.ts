import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KeywardVerifier, Verification, VerifierOptions } from '../../client/src/index.js';
import { RevokeApiKeyDocument, UpdateApiKeyDocument } from '../generated/graphql.js';
import { type ClientProject, installClient } from '../support/client-package.js';
import { dropDatabase, runSql } from '../support/database.js';
import { newKey } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const VERIFIER_TOKEN = 'a-verifier-token';
const KEY = `amos_1a2b3c4d.${'x'.repeat(49)}`;

let project: ClientProject;
let client: Awaited<ReturnType<ClientProject['load']>>;
let app: TestApp;
let url: string;
const verifiers: KeywardVerifier[] = [];
const newVerifier = (options: Partial<VerifierOptions> = {}): KeywardVerifier => {
  const verifier = new client.KeywardVerifier({ url, verifierToken: VERIFIER_TOKEN, ...options });
  verifiers.push(verifier);
  return verifier;
};

beforeAll(async () => {
  project = installClient();
  client = await project.load();
  app = await startTestApp({ env: { VERIFIER_TOKENS: VERIFIER_TOKEN, TRUSTED_PROXIES: '127.0.0.1' } });
  url = await app.http.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  for (const verifier of verifiers) verifier.close();
  await app.close();
  project.remove();
});

async function listen(listener: RequestListener): Promise<{ url: string; sockets: Set<Socket>; close(): Promise<unknown> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer(listener).on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    close: () => new Promise((resolve) => server.closeAllConnections() ?? server.close(resolve)),
  };
}

describe('KeywardVerifier.verify', () => {
  test('returns a valid key with its owner, scopes and metadata, as /verify does', async () => {
    const { key, id, userId } = await newKey(app, {
      name: 'ci',
      scopes: ['a', 'b:*'],
      metadata: { plan: 'pro' },
      rateLimit: { limit: 5, windowSeconds: 60 },
    });
    expect(await newVerifier().verify(key, { scopes: ['a', 'b:c'], ipAddress: '203.0.113.9' })).toEqual({
      valid: true,
      code: 'VALID',
      message: 'The key is valid.',
      keyId: id,
      ownerId: userId,
      ownerExternalId: null,
      name: 'ci',
      scopes: ['a', 'b:*'],
      metadata: { plan: 'pro' },
      trustedMetadata: {},
      ownerMetadata: {},
      expiresAt: null,
      rateLimit: { limit: 5, remaining: 4, resetsAt: expect.any(String) },
    });
  });

  test('a revoked key is rejected by the very next verification, because nothing is cached', async () => {
    const { key, id, token } = await newKey(app);
    const verifier = newVerifier();
    expect((await verifier.verify(key)).valid).toBe(true);
    await app.ask(RevokeApiKeyDocument, { id }, token);
    expect(await verifier.verify(key)).toEqual({ valid: false, code: 'REVOKED', message: 'The key was revoked.', retryAfterSeconds: null });
  });

  test('returns each outcome with the sentence for the holder of the key', async () => {
    const verifier = newVerifier();
    const codes: string[] = [];
    const expectCode = async (verification: Promise<Verification>) => {
      const { valid, code, message } = await verification;
      expect([valid, message]).toEqual([false, expect.stringMatching(/^The .*\.$/)]);
      codes.push(code);
    };
    const limited = await newKey(app, { rateLimit: { limit: 1, windowSeconds: 60 }, allowedCidrs: ['203.0.113.0/24'], scopes: ['a'] });
    await expectCode(verifier.verify(limited.key, { ipAddress: '198.51.100.1' }));
    await expectCode(verifier.verify(limited.key, { ipAddress: '203.0.113.1', scopes: ['a', 'c'] }));
    expect((await verifier.verify(limited.key, { ipAddress: '203.0.113.1', scopes: ['a'] })).valid).toBe(true);
    const rejected = await verifier.verify(limited.key, { ipAddress: '203.0.113.1' });
    expect(rejected).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 60 });
    await expectCode(verifier.verify(`${limited.key.slice(0, -1)}${limited.key.endsWith('0') ? '1' : '0'}`));
    const other = await newKey(app, { expiresAt: new Date(app.clock.now().getTime() + 60_000).toISOString() });
    await app.ask(UpdateApiKeyDocument, { id: other.id, input: { enabled: false } }, other.token);
    await expectCode(verifier.verify(other.key));
    await app.ask(UpdateApiKeyDocument, { id: other.id, input: { enabled: true } }, other.token);
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = now() WHERE id = $1', [other.userId]);
    await expectCode(verifier.verify(other.key));
    app.clock.advanceSeconds(61);
    await expectCode(verifier.verify(other.key));
    const deleted = await newKey(app);
    await runSql(app.databaseUrl, 'DELETE FROM api_keys WHERE id = $1', [deleted.id]);
    await expectCode(verifier.verify(deleted.key));
    expect(codes).toEqual(['IP_NOT_ALLOWED', 'INSUFFICIENT_SCOPE', 'MALFORMED', 'DISABLED', 'OWNER_DISABLED', 'EXPIRED', 'NOT_FOUND']);
  });

  test('rejects a text that no header can carry as MALFORMED, without a request', async () => {
    const verifier = newVerifier({ url: 'http://127.0.0.1:9' });
    for (const text of ['', ' ', 'a b', 'a,b', 'a\r\nX-Evil: 1', 'schlüssel', 'x'.repeat(1_025)]) {
      expect(await verifier.verify(text)).toMatchObject({ valid: false, code: 'MALFORMED' });
    }
  });

  test('reuses its connections, and opens no more than connectionsMax', async () => {
    const { key } = await newKey(app);
    const proxy = await listen(async (request, response) => {
      const answer = await fetch(`${url}${request.url}`, { headers: { 'x-api-key': key, 'x-verifier-token': VERIFIER_TOKEN } });
      response.writeHead(answer.status, { 'x-keyward-key-id': String(answer.headers.get('x-keyward-key-id')) }).end(await answer.text());
    });
    const verifier = newVerifier({ url: proxy.url, connectionsMax: 3 });
    for (let round = 0; round < 5; round += 1) expect((await verifier.verify(key)).valid).toBe(true);
    expect(proxy.sockets.size).toBe(1);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => verifier.verify(key)));
    expect(outcomes.filter(({ valid }) => !valid)).toEqual([]);
    expect(proxy.sockets.size).toBe(3);
    await proxy.close();
  });

  test('sends a verification again if the server closed the idle connection', async () => {
    const { key } = await newKey(app);
    let requests = 0;
    const proxy = await listen(async (request, response) => {
      requests += 1;
      // The second request finds a connection that the server has closed meanwhile.
      if (requests === 2) return void request.socket.destroy();
      const answer = await fetch(`${url}/verify`, { headers: { 'x-api-key': key, 'x-verifier-token': VERIFIER_TOKEN } });
      response.writeHead(answer.status, { 'x-keyward-key-id': String(answer.headers.get('x-keyward-key-id')) }).end(await answer.text());
    });
    const verifier = newVerifier({ url: proxy.url });
    expect([(await verifier.verify(key)).valid, (await verifier.verify(key)).valid, requests]).toEqual([true, true, 3]);
    await proxy.close();
  });

  test('does not send a verification again if a new connection breaks off, because Keyward may have counted it', async () => {
    let requests = 0;
    const proxy = await listen((request) => {
      requests += 1;
      request.socket.destroy();
    });
    expect(await newVerifier({ url: proxy.url }).verify(KEY)).toMatchObject({ reason: 'network' });
    await proxy.close();
    expect(requests).toBe(1);
  });

  test('does not send a verification again after its timeout', async () => {
    const { key } = await newKey(app);
    const requests: unknown[] = [];
    const proxy = await listen(async (request, response) => {
      requests.push(request.headers['x-api-key']);
      if (requests.length > 1) return;
      const answer = await fetch(`${url}/verify`, { headers: { 'x-api-key': key, 'x-verifier-token': VERIFIER_TOKEN } });
      response.writeHead(answer.status, { 'x-keyward-key-id': String(answer.headers.get('x-keyward-key-id')) }).end(await answer.text());
    });
    const verifier = newVerifier({ url: proxy.url, timeoutMs: 1_000 });
    await verifier.verify(key);
    expect(await verifier.verify(key)).toMatchObject({ reason: 'timeout' });
    // The next request of another client arrives after any request that the first client would have sent.
    const last = newVerifier({ url: proxy.url, timeoutMs: 30_000 }).verify(KEY);
    await eventually(() => expect(requests).toContain(KEY), { withinMs: 10_000 });
    await Promise.all([proxy.close(), last]);
    expect(requests).toEqual([key, key, KEY]);
  });

  test('F1: is never valid while Keyward or its database is unavailable, and returns when to try again', async () => {
    const { key } = await newKey(app);
    expect(await newVerifier({ url: 'http://127.0.0.1:9' }).verify(key)).toEqual({
      valid: false,
      code: 'SERVICE_UNAVAILABLE',
      reason: 'network',
      message: 'The connection to Keyward failed (ECONNREFUSED).',
      retryAfterSeconds: 5,
    });
    const other = await startTestApp();
    const otherUrl = await other.http.listen({ port: 0, host: '127.0.0.1' });
    await dropDatabase(other.databaseUrl);
    const outcome = await newVerifier({ url: otherUrl }).verify(key);
    await other.close();
    expect(outcome).toMatchObject({ valid: false, code: 'SERVICE_UNAVAILABLE', reason: 'unavailable' });
  });

  test('reports a wrong verifier token and a malformed demand as errors of the service, not of the key', async () => {
    const { key } = await newKey(app);
    expect(await newVerifier({ verifierToken: 'wrong' }).verify(key)).toMatchObject({ valid: false, reason: 'verifier rejected' });
    const scopes = Array.from({ length: 51 }, (_, index) => `scope:${index}`);
    expect(await newVerifier().verify(key, { scopes })).toMatchObject({ valid: false, reason: 'bad request' });
    expect(await newVerifier().verify(key, { ipAddress: '' })).toMatchObject({ valid: false, reason: 'unknown address' });
  });

  const valid = { valid: true, code: 'VALID', keyId: 'k', ownerId: 'o', ownerExternalId: null, name: null, scopes: [], expiresAt: null };
  const complete = { ...valid, metadata: {}, trustedMetadata: {}, ownerMetadata: {}, rateLimit: null };
  const ok = (body: object, keyId = 'k'): RequestListener => {
    return (_request, response) => response.writeHead(200, { 'x-keyward-key-id': keyId }).end(JSON.stringify(body));
  };
  const NOT_KEYWARD: [string, RequestListener, string][] = [
    ['never answers', () => undefined, 'timeout'],
    ['hangs within its answer', (_request, response) => void response.writeHead(200, { 'x-keyward-key-id': 'k' }).write('{'), 'timeout'],
    ['breaks off', (request) => request.socket.destroy(), 'network'],
    ['breaks off within its answer', (request, response) => response.writeHead(200).write('{', () => request.socket.destroy()), 'network'],
    ['answers 200 with nothing', (_request, response) => response.end(), 'unexpected response'],
    ['answers 200 with another page', (_request, response) => response.end('<html>'), 'unexpected response'],
    ['answers 200 without the header', (_request, response) => response.end(JSON.stringify(complete)), 'unexpected response'],
    ['answers 200 with another key in the header', ok(complete, 'other'), 'unexpected response'],
    ['answers 200 with valid: "true"', ok({ ...complete, valid: 'true' }), 'unexpected response'],
    ['answers 200 without an owner', ok({ ...complete, ownerId: '' }), 'unexpected response'],
    ['answers 200 with scopes as text', ok({ ...complete, scopes: 'admin' }), 'unexpected response'],
    ['answers 204', (_request, response) => response.writeHead(204).end(), 'unexpected response'],
    ['redirects', (_request, response) => response.writeHead(302, { location: '/verify' }).end(), 'unexpected response'],
    ['answers 401 without a code', (_request, response) => response.writeHead(401).end(), 'unexpected response'],
    ['answers 404', (_request, response) => response.writeHead(404).end('{}'), 'unexpected response'],
    ['sends 5 MB', (_request, response) => response.end('x'.repeat(5_000_000)), 'unexpected response'],
  ];
  test.each(NOT_KEYWARD)('is never valid if the server %s', async (_case, listener, reason) => {
    const other = await listen(listener);
    const outcome = await newVerifier({ url: other.url, timeoutMs: reason === 'timeout' ? 500 : 30_000 }).verify(KEY);
    await other.close();
    expect(outcome).toMatchObject({ valid: false, code: 'SERVICE_UNAVAILABLE', reason, retryAfterSeconds: 5 });
  });

  test('accepts the answer that the cases above are variations of', async () => {
    const other = await listen(ok(complete));
    expect(await newVerifier({ url: other.url }).verify(KEY)).toEqual(complete);
    await other.close();
  });

  test('K2: no outcome and no inspected client contains the key or the verifier token', async () => {
    const verifier = newVerifier({ url: 'http://127.0.0.1:9' });
    const shown = [
      inspect(verifier, { depth: 9, showHidden: true }),
      inspect(await verifier.verify(KEY), { depth: 9 }),
      JSON.stringify(verifier),
    ];
    for (const text of shown) expect([text.includes(KEY), text.includes(VERIFIER_TOKEN)]).toEqual([false, false]);
  });

  test.each([
    [{ url: 'keyward:4000' }, 'url'],
    [{ url: 'ftp://127.0.0.1' }, 'url'],
    [{ url: 'http://user:secret@127.0.0.1' }, 'url'],
    [{ url: 'http://127.0.0.1/?a=b' }, 'url'],
    [{ verifierToken: 'two words' }, 'verifierToken'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ connectionsMax: 1.5 }, 'connectionsMax'],
  ])('rejects the option %j and names it, without its value', (options, name) => {
    expect(() => newVerifier(options)).toThrow(new RegExp(`^The \`${name}\` must [^:@]*\\.$`));
  });
});

import { METHODS } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RevokeApiKeyDocument, VerifyApiKeyDocument } from '../generated/graphql.js';
import { newKey } from '../support/doors.js';
import { sendRaw } from '../support/raw-http.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let port: number;
beforeAll(async () => {
  app = await startTestApp({ env: { CORS_ORIGINS: 'https://app.example.com' } });
  port = Number(new URL(await app.http.listen({ port: 0, host: '127.0.0.1' })).port);
});
afterAll(() => app.close());

const ask = (headers: Record<string, string>, url = '/verify', on = app) => on.http.inject({ url, headers });

describe('/verify', () => {
  test('returns 200 with key, owner and scopes in headers and as JSON, and with no-store', async () => {
    const { key, id, userId } = await newKey(app, { name: 'ci', scopes: ['a', 'b:*'], metadata: { plan: 'pro' } });
    const response = await ask({ 'x-api-key': key });
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'x-keyward-key-id': id,
      'x-keyward-user-id': userId,
      'x-keyward-scopes': 'a b:*',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.headers).not.toHaveProperty('ratelimit');
    expect(response.json()).toEqual({
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
      rateLimit: null,
    });
  });

  test('returns the same JSON as verifyApiKey', async () => {
    const expiresAt = new Date(app.clock.now().getTime() + 3_600_000).toISOString();
    const { key } = await newKey(app, {
      name: 'ci',
      scopes: ['a'],
      metadata: { a: 1 },
      expiresAt,
      rateLimit: { limit: 5, windowSeconds: 60 },
    });
    const json = (await ask({ 'x-api-key': key })).json();
    const { verifyApiKey } = await app.ask(VerifyApiKeyDocument, { input: { key } }, undefined);
    expect(json.rateLimit.remaining).toBe(4);
    expect({ ...json, rateLimit: { ...json.rateLimit, remaining: 3 } }).toEqual(verifyApiKey);
  });

  test('sends X-Keyward-Scopes: - for a key without scopes, so that a gateway overwrites the client’s own header', async () => {
    const { key } = await newKey(app);
    expect((await ask({ 'x-api-key': key, 'x-keyward-scopes': 'admin' })).headers['x-keyward-scopes']).toBe('-');
  });

  test.each(['Bearer ', 'bearer ', 'BEARER  '])('accepts the key after %j in the Authorization header', async (scheme) => {
    const { key } = await newKey(app);
    expect((await ask({ authorization: scheme + key })).statusCode).toBe(200);
  });

  test.each(METHODS.filter((method) => !['CONNECT', 'TRACE', 'HEAD'].includes(method)))(
    'accepts the method %s and ignores the body',
    async (method) => {
      const { key } = await newKey(app);
      const head = `${method} /verify/orders/7?x=%20 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: nonsense;;;\r\nContent-Encoding: zebra\r\nContent-Length: 9\r\n`;
      expect(await sendRaw(port, `${head}X-API-Key: ${key}\r\n\r\n{"broken"`)).toMatch(/^HTTP\/1\.1 200 [\s\S]*"valid":true/);
      expect(await sendRaw(port, `${head}\r\n{"broken"`)).toMatch(/^HTTP\/1\.1 401 [\s\S]*"UNAUTHENTICATED"/);
    },
  );

  test('answers HEAD without a body, and returns 405 for TRACE', async () => {
    const { key, id } = await newKey(app);
    const response = await app.http.inject({ method: 'HEAD', url: '/verify', headers: { 'x-api-key': key } });
    expect([response.statusCode, response.headers['x-keyward-key-id'], response.body]).toEqual([200, id, '']);
    expect(await sendRaw(port, 'TRACE /verify HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 405 /);
  });

  test('skips a body of 1 MB, and serves the next request of the connection', async () => {
    const { key } = await newKey(app);
    const body = 'x'.repeat(1_000_000);
    const head = `Host: a\r\nX-API-Key: ${key}\r\n`;
    const answers = await sendRaw(
      port,
      `POST /verify HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}GET /verify HTTP/1.1\r\n${head}Connection: close\r\n\r\n`,
    );
    expect(answers.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
  });

  test('returns 401 for a CORS preflight without a key, because a gateway would read 204 as approval', async () => {
    const preflight = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };
    const response = await app.http.inject({ method: 'OPTIONS', url: '/verify/x', headers: preflight });
    expect(response.statusCode).toBe(401);
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
    const graphql = await app.http.inject({ method: 'OPTIONS', url: '/graphql', headers: preflight });
    expect(graphql.statusCode).toBe(204);
  });

  test('returns 401 with a challenge that names no error if no key is sent, and ignores a key in the URL', async () => {
    const { key } = await newKey(app);
    for (const response of [
      await ask({}),
      await ask({ 'x-api-key': '' }),
      await ask({ authorization: 'Bearer ' }),
      await ask({ authorization: 'Basic YTpi' }),
      await ask({}, `/verify?key=${key}&api_key=${key}&access_token=${key}`),
      await ask({}, `/verify/${key}`),
    ]) {
      expect(response.statusCode).toBe(401);
      expect(response.headers['www-authenticate']).toBe('Bearer realm="keyward"');
      expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(response.json()).toEqual({
        type: 'about:blank',
        title: 'A valid API key is required.',
        status: 401,
        code: 'UNAUTHENTICATED',
        detail: 'No API key was sent.',
      });
    }
  });

  test('returns 401 with error="invalid_token" and no further details for a rejected key', async () => {
    const { key, id, token } = await newKey(app, { name: 'secret plans' });
    await app.ask(RevokeApiKeyDocument, { id }, token);
    const response = await ask({ 'x-api-key': key });
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer realm="keyward", error="invalid_token"');
    expect(response.headers).not.toHaveProperty('x-keyward-key-id');
    expect(response.json()).toEqual({
      type: 'about:blank',
      title: 'A valid API key is required.',
      status: 401,
      code: 'REVOKED',
      detail: 'The key was revoked.',
    });
  });

  test('returns 400 for two different keys or a repeated header, also if a key is valid', async () => {
    const { key } = await newKey(app);
    const other = await newKey(app);
    const twice = await ask({ 'x-api-key': key, authorization: `Bearer ${other.key}` });
    expect([twice.statusCode, twice.json().code]).toEqual([400, 'BAD_REQUEST']);
    expect((await ask({ 'x-api-key': key, authorization: `Bearer ${key}` })).statusCode).toBe(200);
    const head = 'GET /verify HTTP/1.1\r\nHost: a\r\nConnection: close\r\n';
    expect(await sendRaw(port, `${head}X-API-Key: ${key}\r\nX-API-Key: ${key}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await sendRaw(port, `${head}Authorization: Bearer ${key}\r\nAuthorization: Bearer ${key}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('requires the scopes of the query and of the header together, so that a client cannot remove one', async () => {
    const { key } = await newKey(app, { scopes: ['a', 'b', 'c'] });
    const status = async (url: string, header?: string) =>
      (await ask({ 'x-api-key': key, ...(header && { 'x-keyward-required-scope': header }) }, url)).statusCode;
    expect(await status('/verify?scope=a&scope=b', 'c')).toBe(200);
    expect(await status('/verify', 'a, b  c')).toBe(200);
    expect(await status('/verify?scope=a', 'x')).toBe(403);
    expect(await status('/verify?scope=x', 'a')).toBe(403);
    expect(await status('/verify?scope=a&scope=x')).toBe(403);
    expect(await status('/verify/any/path?q=1&scope=x')).toBe(403);
    expect(await status('/verify?scope=')).toBe(403);
    const head = `GET /verify HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-API-Key: ${key}\r\n`;
    const twice = await sendRaw(port, `${head}X-Keyward-Required-Scope: a\r\nX-Keyward-Required-Scope: x\r\n\r\n`);
    expect(twice).toMatch(/^HTTP\/1\.1 403 [\s\S]*INSUFFICIENT_SCOPE/);
  });

  test('G9: returns 400 for 51 required scopes, and for one of 65 characters', async () => {
    const { key } = await newKey(app);
    for (const query of [Array.from({ length: 51 }, (_, n) => `scope=s${n}`).join('&'), `scope=${'s'.repeat(65)}`]) {
      const response = await ask({ 'x-api-key': key }, `/verify?${query}`);
      expect([response.statusCode, response.json().code]).toEqual([400, 'BAD_USER_INPUT']);
    }
  });

  describe('K10: a required scope in another spelling is never ignored', () => {
    let key: string;
    beforeAll(async () => {
      ({ key } = await newKey(app, { scopes: ['a'] }));
    });
    const path = (name: string) => `/verify?${name}=admin`;
    const SPELLINGS = [
      ...[
        'scope[]',
        'scope[0]',
        'SCOPE',
        'Scope',
        'scopes',
        'scope.x',
        'scope_',
        'required_scope',
        'requiredScope',
        'x-keyward-required-scope',
      ],
      ...[
        '%73cope[]',
        'scope%5B%5D',
        'scope%255B%255D',
        '%2573cope[]',
        '%53COPE',
        '+scope',
        'scope%20',
        '%20scope',
        'scope%00',
        'scope%0a',
        'sc%c2%adope',
      ],
      ...[
        'ｓｃｏｐｅ',
        encodeURIComponent('ｓｃｏｐｅ'),
        '%zzscope',
        'scope%zz',
        'filter[scope]',
        'oauth_scopes',
        '"scope"',
        '?scope',
        ';scope',
        'a;scope',
        '#scope',
      ],
    ];

    test.each(SPELLINGS)('the parameter %s gets 400', async (name) => {
      for (const url of [path(name), `/verify?scope=a&${name}=a`, `/verify/x?q=1&${name}=a&scope=a`, `/verify?${name}`]) {
        const head = `GET ${Buffer.from(url).toString('latin1')} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-API-Key: ${key}\r\n\r\n`;
        expect(await sendRaw(port, head)).toMatch(/^HTTP\/1\.1 400 /);
      }
      const problem = (await ask({ 'x-api-key': key }, '/verify?scopes=kanarie')).json();
      expect(problem).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', detail: expect.stringMatching(/^scope /) });
      expect(JSON.stringify(problem)).not.toContain('kanarie');
    });

    test.each([
      '/verify?a=1;scope=admin',
      '/verify?scope=a;scope=admin',
      '/verify?q?scope=admin',
      '/verify#?scope=admin',
      '/verify?scope=a#&scope=admin',
    ])('a parameter after another separator gets 400: %s', async (url) => {
      const head = `GET ${url} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-API-Key: ${key}\r\n\r\n`;
      expect(await sendRaw(port, head)).toMatch(/^HTTP\/1\.1 400 /);
    });

    test('an encoded `scope` is read, and other parameters are ignored', async () => {
      const status = async (url: string) => (await ask({ 'x-api-key': key }, url)).statusCode;
      expect(await status('/verify?%73cop%65=a')).toBe(200);
      expect(await status('/verify?%73cop%65=admin')).toBe(403);
      expect(await status('/verify?q=scope&score=1&%zz=2&redirect=%2Fcallback%3Fscope%3Dopenid&x=a;b')).toBe(200);
    });

    test.each([
      'X-Keyward-Required-Scopes',
      'X_Keyward_Required_Scope',
      'X-KeywardRequiredScope',
      'X-Keyward-Scope',
      'X-Required-Scope',
      'Required-Scopes',
    ])('the header %s gets 400', async (name) => {
      for (const value of ['admin', 'a', '']) {
        const response = await ask({ 'x-api-key': key, 'x-keyward-required-scope': 'a', [name]: value });
        expect([response.statusCode, response.json().detail]).toEqual([400, expect.stringMatching(/^X-Keyward-Required-Scope /)]);
      }
    });

    test('headers with another meaning are ignored', async () => {
      const headers = { 'x-api-key': key, 'x-keyward-scopes': 'admin', 'x-oauth-scopes': 'repo', 'x-microscope': '1' };
      expect((await ask(headers)).statusCode).toBe(200);
    });
  });

  test('returns the rate limit with 200 and 429, and Retry-After with 429', async () => {
    const { key } = await newKey(app, { rateLimit: { limit: 2, windowSeconds: 60 } });
    const first = await ask({ 'x-api-key': key });
    expect(first.headers).toMatchObject({ 'ratelimit-policy': '"key";q=2;w=60', ratelimit: '"key";r=1;t=60' });
    app.clock.advanceSeconds(20.5);
    expect((await ask({ 'x-api-key': key })).headers.ratelimit).toBe('"key";r=0;t=40');
    const rejected = await ask({ 'x-api-key': key });
    expect(rejected.statusCode).toBe(429);
    expect(rejected.headers).toMatchObject({ 'retry-after': '40', ratelimit: '"key";r=0;t=40' });
    expect(rejected.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
  });

  test('accepts a valid key with a long or unusual path', async () => {
    const { key } = await newKey(app);
    for (const path of ['/verify/', `/verify/${'a/'.repeat(500)}`, `/verify/${'x'.repeat(4_000)}?y=%zz&scope`]) {
      expect((await ask({ 'x-api-key': key }, path)).statusCode).toBe(path.includes('scope') ? 403 : 200);
    }
  });

  test('accepts a valid key with an unusual User-Agent', async () => {
    const { key } = await newKey(app);
    const answer = await sendRaw(
      port,
      `GET /verify HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-API-Key: ${key}\r\nUser-Agent: a\x85b\tc ü\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('the caller’s address', () => {
  const allowed = { allowedCidrs: ['198.51.100.0/24'] };

  test('H5: is not read from X-Forwarded-For of a peer that is not trusted', async () => {
    const { key } = await newKey(app, allowed);
    const spoofed = await ask({ 'x-api-key': key, 'x-forwarded-for': '198.51.100.7' });
    expect([spoofed.statusCode, spoofed.json().code]).toEqual([403, 'IP_NOT_ALLOWED']);
  });

  test('H5: is the rightmost untrusted hop behind a trusted proxy', async () => {
    const behind = await startTestApp({ env: { TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' } });
    const { key } = await newKey(behind, allowed);
    const status = async (forwarded: string, remoteAddress = '127.0.0.1') => {
      const headers = { 'x-api-key': key, 'x-forwarded-for': forwarded };
      return (await behind.http.inject({ url: '/verify', headers, remoteAddress })).statusCode;
    };
    expect(await status('198.51.100.7')).toBe(200);
    expect(await status('203.0.113.9, 198.51.100.7, 10.1.2.3')).toBe(200);
    expect(await status('198.51.100.7, 203.0.113.9')).toBe(403);
    expect(await status('198.51.100.7, nonsense')).toBe(403);
    expect(await status('198.51.100.7', '203.0.113.9')).toBe(403);
    await behind.close();
  });

  test('K11: excludes port and brackets, and is the proxy’s address if the entry is not an address', async () => {
    const behind = await startTestApp({ env: { TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8,2001:db8:ffff::/48' } });
    const { key } = await newKey(behind, { allowedCidrs: ['198.51.100.0/24', '2001:db8::/48'] });
    const atProxy = await newKey(behind, { allowedCidrs: ['10.1.2.3'] });
    const status = async (forwarded: string, as = key) => {
      const headers = { 'x-api-key': as, 'x-forwarded-for': forwarded };
      return (await behind.http.inject({ url: '/verify', headers, remoteAddress: '10.1.2.3' })).statusCode;
    };
    for (const valid of [
      ...['198.51.100.7:40000', '[2001:db8::7]:443', '[2001:DB8::7]', '::ffff:198.51.100.7', '::ffff:c633:6407', '[::ffff:c633:6407]:1'],
      ...['203.0.113.9, 198.51.100.7:1,10.9.9.9:2', '198.51.100.7 , [2001:db8:ffff::1]:443', 'nonsense, 198.51.100.7'],
    ]) {
      expect([valid, await status(valid)]).toEqual([valid, 200]);
    }
    for (const unknown of [
      'unknown',
      '_hidden',
      '',
      ' ',
      '198.51.100.7,',
      '198.51.100.7, nonsense',
      '::198.51.100.7%eth0',
      '0306.51.100.7',
      '198.51.25607',
    ]) {
      expect([unknown, await status(unknown)]).toEqual([unknown, 403]);
      expect([unknown, await status(unknown, atProxy.key)]).toEqual([unknown, 200]);
    }
    expect(await status('::198.51.100.7')).toBe(403);
    expect(await status('198.51.100.7, 203.0.113.9:80')).toBe(403);
    await behind.close();
  });
});

describe('VERIFIER_TOKENS', () => {
  test('restrict verifyApiKey and /verify to callers with one of them, and a rejection contains nothing about the key', async () => {
    const closed = await startTestApp({ env: { VERIFIER_TOKENS: 'first-verifier-token, second-verifier-token' } });
    const { key } = await newKey(closed);
    const outcomes = [];
    for (const token of [
      undefined,
      '',
      'wrong',
      'first-verifier-toke',
      'first-verifier-token, second-verifier-token',
      'first-verifier-token',
      'second-verifier-token',
    ]) {
      const headers = { 'x-api-key': key, ...(token !== undefined && { 'x-verifier-token': token }) };
      const gateway = await ask(headers, '/verify', closed);
      const graphql = await closed.send(VerifyApiKeyDocument, { input: { key } }, { headers });
      outcomes.push([gateway.statusCode, gateway.json().code, graphql.status, codesOf(graphql)[0] ?? graphql.data?.verifyApiKey.code]);
    }
    const rejected = [403, 'VERIFIER_REFUSED', 403, 'VERIFIER_REFUSED'];
    const accepted = [200, 'VALID', 200, 'VALID'];
    expect(outcomes).toEqual([rejected, rejected, rejected, rejected, rejected, accepted, accepted]);
    expect(closed.logs()).not.toMatch(/first-verifier-token|second-verifier-token/);
    await closed.close();
  });
});

describe('verifyApiKey', () => {
  test('needs no access token, and ignores an invalid one', async () => {
    const { key } = await newKey(app);
    const { data } = await app.send(VerifyApiKeyDocument, { input: { key } }, { token: 'stale' });
    expect(data?.verifyApiKey.code).toBe('VALID');
  });

  test('returns null for all details if the key is invalid', async () => {
    const { verifyApiKey } = await app.ask(VerifyApiKeyDocument, { input: { key: 'x' } }, undefined);
    expect(verifyApiKey).toEqual({
      valid: false,
      code: 'MALFORMED',
      message: 'The text is not an API key: its format or its checksum is wrong.',
      keyId: null,
      ownerId: null,
      ownerExternalId: null,
      name: null,
      scopes: null,
      metadata: null,
      trustedMetadata: null,
      ownerMetadata: null,
      expiresAt: null,
      rateLimit: null,
    });
  });

  test('K11: rejects a key with allowedCidrs if no address is sent', async () => {
    const { key } = await newKey(app, { allowedCidrs: ['0.0.0.0/0', '::/0'] });
    const { verifyApiKey } = await app.ask(VerifyApiKeyDocument, { input: { key } }, undefined);
    expect(verifyApiKey.code).toBe('IP_NOT_ALLOWED');
  });

  test.each([
    ['an invalid address', { ipAddress: '10' }, 'input.ipAddress'],
    ['an empty address', { ipAddress: '' }, 'input.ipAddress'],
    ['51 scopes', { scopes: Array(51).fill('a') }, 'input.scopes'],
    ['a scope of 65 characters', { scopes: ['a'.repeat(65)] }, 'input.scopes.0'],
    ['a NUL in a scope', { scopes: ['a\u0000'] }, 'input.scopes.0'],
    ['a line break in the User-Agent', { userAgent: 'a\nb' }, 'input.userAgent'],
  ])('G9: rejects %s', async (_case, extra, path) => {
    const { key } = await newKey(app);
    const answer = await app.send(VerifyApiKeyDocument, { input: { key, ...extra } });
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]?.extensions.fields).toEqual([{ path, message: expect.any(String) }]);
  });

  test('K2: puts no secret of a verified key into the response or the log, as /verify does', async () => {
    const { key } = await newKey(app);
    const { text } = await app.send(VerifyApiKeyDocument, { input: { key } });
    await ask({ 'x-api-key': key, 'user-agent': key });
    await ask({ 'x-api-key': `${key}x` });
    for (const place of [text, app.logs()]) expect(place).not.toContain(key.slice(14, 40));
  });
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Stack } from './behind-gateway.js';
import { runSql } from './database.js';
import { ask } from './server-process.js';

const FORGED_SCOPES: [string, string, string[]][] = [
  ['an empty demand', '/reports', ['X-Keyward-Required-Scope', '']],
  ['another one', '/reports', ['X-Keyward-Required-Scope', 'orders:read']],
  ['two', '/reports', ['X-Keyward-Required-Scope', '', 'x-keyward-required-scope', 'orders:read']],
  ['the demand named as hop by hop', '/reports', ['Connection', 'X-Keyward-Required-Scope']],
  ['a query', '/reports?scope=orders:read', []],
  ['an encoded path', '/%72eports/1', []],
  ['a path with a detour', '/x/../reports/1', []],
  ['an encoded detour', '/x/..%2freports/1', []],
  ['two slashes', '//reports/1', []],
];

/**
 * Defines the tests that every gateway with an example must pass.
 *
 * @param start starts the gateway with the example’s configuration, which requires `reports:read` at `/reports` and no scope
 * elsewhere. With a token, the gateway and Keyward both use that token.
 * @param more defines tests for this gateway only
 */
export function describeGateway(
  name: string,
  start: (verifierToken: string | null) => Promise<Stack>,
  more: (stack: () => Stack) => void,
): void {
  describe(`${name}, in front of an API`, () => {
    const verifierToken = randomBytes(16).toString('hex');
    let stack: Stack;
    beforeAll(async () => {
      stack = await start(verifierToken);
    });
    afterAll(() => stack?.close());

    test('H6: forwards a request with a valid key, and reports the owner to the API in headers', async () => {
      const { key, id, userId } = await stack.newKey({ scopes: ['reports:read', 'orders:*'] });
      for (const headers of [
        ['authorization', `Bearer ${key}`],
        ['x-api-key', key],
      ]) {
        const echo = await stack.echo({ headers, path: '/orders/7?scope=admin' });
        expect(echo.url).toBe('/orders/7?scope=admin');
        expect(echo.headers).toMatchObject({
          'x-keyward-key-id': id,
          'x-keyward-user-id': userId,
          'x-keyward-external-id': '-',
          'x-keyward-scopes': 'reports:read orders:*',
        });
      }
    });

    test('H6: reports the ID that the product uses for the owner, percent-encoded, as soon as the owner has one', async () => {
      const { key, userId } = await stack.newKey();
      const externalIdOf = async () => (await stack.echo({ headers: ['x-api-key', key] })).headers['x-keyward-external-id'];
      expect(await externalIdOf()).toBe('-');
      for (const [externalId, header] of [
        ['jörg, 7', 'j%C3%B6rg%2C%207'],
        ['-', '%2D'],
      ]) {
        await runSql(stack.database.url, 'UPDATE users SET external_id = $1 WHERE id = $2', [externalId, userId]);
        expect(await externalIdOf()).toBe(header);
      }
    });

    test('does not forward the key or the verifier token to the API', async () => {
      const { key } = await stack.newKey();
      for (const headers of [
        ['Authorization', `Bearer ${key}`],
        ['X-API-Key', key],
      ]) {
        const echo = JSON.stringify(await stack.echo({ headers }));
        expect(echo).not.toContain(key);
        expect(echo).not.toContain(verifierToken);
      }
    });

    test('H6: responds with 401 and WWW-Authenticate to no key or an invalid one, and the API receives nothing', async () => {
      const before = stack.reached();
      for (const [headers, challenge] of [
        [[], 'Bearer realm="keyward"'],
        [['authorization', 'Basic YTpi'], 'Bearer realm="keyward"'],
        [['authorization', 'Bearer amos_00000000.x'], 'Bearer realm="keyward", error="invalid_token"'],
      ] as const) {
        const answer = await stack.send({ headers: [...headers] });
        expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, challenge]);
        expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
        expect(JSON.parse(answer.body)).toMatchObject({ title: 'A valid API key is required.', status: 401 });
      }
      expect(stack.reached()).toBe(before);
    });

    test('H6: rejects a revoked key at the very next request', async () => {
      const { key, id, token } = await stack.newKey();
      expect((await stack.send({ headers: ['x-api-key', key] })).status).toBe(200);
      await ask(stack.keyward, 'mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { id } } }', { id }, token);
      expect((await stack.send({ headers: ['x-api-key', key] })).status).toBe(401);
    });

    test('H6: requires the scope of a path: 403 for a key without it', async () => {
      const [reader, other] = [await stack.newKey({ scopes: ['reports:read'] }), await stack.newKey({ scopes: ['orders:read'] })];
      expect((await stack.echo({ path: '/reports/2026?year=1', headers: ['x-api-key', reader.key] })).url).toBe('/reports/2026?year=1');
      const rejected = await stack.send({ path: '/reports/2026', headers: ['x-api-key', other.key] });
      expect(rejected.status).toBe(403);
      expect(JSON.parse(rejected.body)).toMatchObject({ title: 'The request is not allowed.', status: 403 });
      expect((await stack.send({ path: '/elsewhere', headers: ['x-api-key', other.key] })).status).toBe(200);
    });

    test.each(FORGED_SCOPES)('H6: a client cannot remove the required scope by %s', async (_case, url, headers) => {
      const { key } = await stack.newKey({ scopes: ['orders:read'] });
      const before = stack.reached();
      expect((await stack.send({ path: url, headers: ['x-api-key', key, ...headers] })).status).toBe(403);
      expect(stack.reached()).toBe(before);
    });

    test('H6: X-Keyward headers of a client never reach the API, and never replace Keyward’s', async () => {
      const { key, id, userId } = await stack.newKey();
      const forged = [
        ...['X-Keyward-Key-Id', 'forged', 'x-keyward-user-id', 'forged', 'X-KEYWARD-SCOPES', 'forged', 'X-Keyward-User-Id', 'forged'],
        ...['X-Keyward-External-Id', 'forged', 'x-keyward-external-id', 'forged', 'X_Keyward_External_Id', 'forged'],
        ...['X_Keyward_User_Id', 'forged', 'X-Keyward_User-Id', 'forged', 'X-Keyward-Required-Scope', ''],
        ...['X-Verifier-Token', 'forged'],
      ];
      const hopByHopNames = 'X-Keyward-Key-Id, X-Keyward-User-Id, X-Keyward-External-Id, X-Keyward-Scopes';
      for (const hopByHop of [[], ['Connection', hopByHopNames]]) {
        const { headers, names } = await stack.echo({ headers: ['x-api-key', key, ...forged, ...hopByHop] });
        expect(names.filter((header) => /keyward|verifier/.test(header)).sort()).toEqual([
          'x-keyward-external-id',
          'x-keyward-key-id',
          'x-keyward-scopes',
          'x-keyward-user-id',
        ]);
        expect(headers).toMatchObject({
          'x-keyward-key-id': id,
          'x-keyward-user-id': userId,
          'x-keyward-external-id': '-',
          'x-keyward-scopes': '-',
        });
        expect(JSON.stringify(headers)).not.toContain('forged');
      }
    });

    test('H6: responds with 429, Retry-After and RateLimit to a key over its rate limit', async () => {
      const { key } = await stack.newKey({ rateLimit: { limit: 2, windowSeconds: 3600 } });
      const headers = ['x-api-key', key];
      for (let use = 1; use <= 2; use += 1) expect((await stack.send({ headers })).status).toBe(200);
      const rejected = await stack.send({ headers });
      expect(rejected.status).toBe(429);
      expect(Number(rejected.headers['retry-after'])).toBeGreaterThan(0);
      expect(rejected.headers.ratelimit).toMatch(/^"key";r=0;t=\d+$/);
      expect(rejected.headers['ratelimit-policy']).toBe('"key";q=2;w=3600');
      expect(JSON.parse(rejected.body)).toMatchObject({ title: 'The rate limit of the API key is exceeded.', status: 429 });
    });

    test('responds with 400 to two different keys, so that the API never has to choose', async () => {
      const [one, other] = [await stack.newKey(), await stack.newKey()];
      const answer = await stack.send({ headers: ['x-api-key', one.key, 'authorization', `Bearer ${other.key}`] });
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toMatchObject({ title: 'The request is malformed.', status: 400 });
    });

    test.each(['POST', 'PUT', 'PATCH'])('%s with a body of 5 MB and an unusual content type is forwarded complete', async (method) => {
      const { key } = await stack.newKey();
      const body = randomBytes(5_000_000);
      for (const type of ['application/json', 'nonsense;;;', 'multipart/form-data', 'application/x-protobuf; a="', '']) {
        const headers = ['x-api-key', key, 'content-type', type, 'content-encoding', 'zebra'];
        expect(await stack.echo({ method, headers, body })).toMatchObject({ method, bodyBytes: body.length });
      }
    });

    test('rejects or accepts a client that waits with its body for 100 Continue before it sends the body', async () => {
      const { key } = await stack.newKey();
      const sent = { method: 'POST', body: randomBytes(5_000_000) };
      expect((await stack.send({ ...sent, headers: ['expect', '100-continue'] })).status).toBe(401);
      expect((await stack.echo({ ...sent, headers: ['expect', '100-continue', 'x-api-key', key] })).bodyBytes).toBe(sent.body.length);
    });

    test.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PROPFIND'])('%s is verified like any other method', async (method) => {
      const { key } = await stack.newKey();
      expect((await stack.send({ method, headers: ['x-api-key', key] })).status).toBe(200);
      expect((await stack.send({ method })).status).toBe(401);
    });

    test('H6: allowedCidrs are checked against the address of the client, and X-Forwarded-For is ignored', async () => {
      const { key } = await stack.newKey({ allowedCidrs: ['127.0.0.2/32'] });
      const headers = ['x-api-key', key];
      const { headers: got } = await stack.echo({ headers: [...headers, 'x-forwarded-for', '203.0.113.9'], from: '127.0.0.2' });
      expect(got['x-forwarded-for']).toBe('127.0.0.2');
      for (const forged of [
        [],
        ['X-Forwarded-For', '127.0.0.2'],
        ['X-Forwarded-For', '127.0.0.2', 'x-forwarded-for', '127.0.0.2'],
        ['X-Forwarded-For', '127.0.0.2', 'Connection', 'X-Forwarded-For'],
        ['X-Real-IP', '127.0.0.2', 'Forwarded', 'for=127.0.0.2'],
      ]) {
        expect((await stack.send({ headers: [...headers, ...forged], from: '127.0.0.3' })).status).toBe(403);
      }
    });

    describe.each([
      ['of different names', (n: number) => `Bb${n}`],
      ['of names that sort last', (n: number) => `Zz${n}`],
      ['of names like Keyward’s own', (n: number) => `X-Keyward-Aa${n}`],
      ['of one name', () => 'Aa'],
    ])('H6: a client that sends many small headers, %s,', (_names, nameOf) => {
      const many = (count: number) => Array.from({ length: count }, (_, n) => [nameOf(n), '1']).flat();

      test.each([150, 250, 990, 1_000, 1_500])(
        '%i of them, gets no scope that its key lacks (K10), and no other address (K11)',
        async (count) => {
          const { key } = await stack.newKey({ scopes: ['orders:read'] });
          const elsewhere = await stack.newKey({ allowedCidrs: ['127.0.0.1/32'] });
          const before = stack.reached();
          // A gateway with a limit of its own responds with 400 or 431.
          const rejections = [403, 400, 431];
          expect(rejections).toContain((await stack.send({ path: '/reports', headers: ['x-api-key', key, ...many(count)] })).status);
          expect(rejections).toContain(
            (await stack.send({ headers: ['x-api-key', elsewhere.key, ...many(count)], from: '127.0.0.3' })).status,
          );
          expect(stack.reached()).toBe(before);
        },
      );

      test('250 of them, reaches a path that its key has the scope for, and the API receives the owner of the key', async () => {
        const { key, userId } = await stack.newKey({ scopes: ['reports:read'] });
        const { headers } = await stack.echo({ path: '/reports', headers: ['x-api-key', key, ...many(250)] });
        expect(headers['x-keyward-user-id']).toBe(userId);
      });
    });

    test('forwards the rejections and errors of the API unchanged', async () => {
      const { key } = await stack.newKey();
      for (const status of [400, 401, 403, 429, 500, 502, 503]) {
        const answer = await stack.send({ path: `/status/${status}`, headers: ['x-api-key', key] });
        expect([answer.status, JSON.parse(answer.body).url]).toEqual([status, `/status/${status}`]);
      }
    });

    test('does not expose Keyward’s own routes', async () => {
      const { key } = await stack.newKey();
      for (const url of ['/graphql', '/metrics', '/verify'])
        expect((await stack.echo({ path: url, headers: ['x-api-key', key] })).url).toBe(url);
    });

    more(() => stack);
  });

  describe(`${name}, while keys cannot be verified`, () => {
    let stack: Stack;
    let headers: string[];
    beforeAll(async () => {
      stack = await start(null);
      headers = ['x-api-key', (await stack.newKey()).key];
    });
    afterAll(() => stack?.close());

    async function expectUnavailable(retryAfter: string): Promise<void> {
      const before = stack.reached();
      const answer = await stack.send({ headers });
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, retryAfter]);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(JSON.parse(answer.body)).toMatchObject({ status: 503 });
      expect(stack.reached()).toBe(before);
    }

    test('H6: responds with 503 and Retry-After after 5 seconds while Keyward hangs, and recovers afterwards', async () => {
      expect((await stack.send({ headers })).status).toBe(200);
      stack.keyward.child.kill('SIGSTOP');
      const start = performance.now();
      await expectUnavailable('5');
      expect(performance.now() - start).toBeLessThan(8_000);
      stack.keyward.child.kill('SIGCONT');
      expect((await stack.send({ headers })).status).toBe(200);
    });

    test('responds with 502, and not with a rejection of the key, while the API is unavailable', async () => {
      stack.api.close();
      stack.api.closeAllConnections();
      expect((await stack.send({ headers })).status).toBe(502);
    });

    test('H6: forwards the 503 and the Retry-After of a Keyward with an unavailable database', async () => {
      await stack.database.stop();
      await expectUnavailable('2');
    });

    test('H6: responds with 503 and Retry-After without Keyward', async () => {
      await stack.keyward.stop('SIGKILL');
      await expectUnavailable('5');
    });
  });
}

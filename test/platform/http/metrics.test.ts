import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DOORS, newKey } from '../../support/doors.js';
import { eventually } from '../../support/eventually.js';
import { startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

test('GET /metrics returns verifications by code, their time and batches, comparisons, event-loop delay and connections', async () => {
  const { key } = await newKey(app);
  for (const verify of Object.values(DOORS)) {
    await verify(app, { key });
    await verify(app, { key: 'none' });
  }
  const { body, headers } = await app.http.inject('/metrics');
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const line of [
    'keyward_verifications_total{code="VALID"} 2',
    'keyward_verifications_total{code="MALFORMED"} 2',
    'keyward_verification_seconds_count 4',
    'keyward_verification_batch_size_count 2',
    'keyward_verification_batch_size_sum 2',
    'keyward_verification_bcrypt_total 0',
    'keyward_verification_cache_misses_total 1',
    'keyward_verification_cache_hits_total 1',
    'keyward_database_connections{pool="verification",state="waiting"} 0',
    'keyward_database_connections{pool="main",state="waiting"} 0',
  ]) {
    expect(body.split('\n')).toContain(line);
  }
  expect(body).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m);
  expect(body).not.toContain(key.slice(0, 13));
});

test('GET /metrics returns errors by code, the hash queues, and the usage that waits to be written', async () => {
  const { key } = await newKey(app);
  await app.send('{ me { id } }');
  await app.send('{ nonsense }');
  await app.http.inject({ url: `/verify?scope=${'x'.repeat(65)}`, headers: { 'x-api-key': key } });
  app.clock.advanceSeconds(1);
  const { body } = await app.http.inject('/metrics');
  for (const line of [
    'keyward_log_lines_dropped_total 0',
    'keyward_errors_total{code="UNAUTHENTICATED"} 1',
    'keyward_errors_total{code="GRAPHQL_VALIDATION_FAILED"} 1',
    'keyward_errors_total{code="BAD_USER_INPUT"} 1',
    'keyward_hashes{queue="password",state="running"} 0',
    'keyward_hashes{queue="key",state="waiting"} 0',
    'keyward_usage_write_failures_total 0',
    'keyward_usage_dropped_total 0',
  ]) {
    expect(body.split('\n')).toContain(line);
  }
  expect(body).toMatch(/^keyward_usage_rows_waiting \d+$/m);
});

describe('H7: access to /metrics', () => {
  const TOKEN = 'a-token-of-this-test';

  test('requires METRICS_TOKEN if it is set, in production and elsewhere', async () => {
    for (const NODE_ENV of ['production', 'development']) {
      const closed = await startTestApp({ env: { NODE_ENV, METRICS_TOKEN: TOKEN } });
      const ask = async (authorization?: string) =>
        closed.http.inject({ url: '/metrics', headers: { host: 'keyward:4000', via: '1.1 x', ...(authorization && { authorization }) } });
      for (const wrong of [
        undefined,
        '',
        'Bearer',
        `Bearer ${TOKEN}x`,
        `Bearer ${TOKEN.slice(1)}`,
        `Bearer ${TOKEN.toUpperCase()}`,
        `Basic ${TOKEN}`,
        TOKEN,
      ]) {
        const response = await ask(wrong);
        expect([wrong, response.statusCode, response.headers['www-authenticate']]).toEqual([wrong, 401, 'Bearer realm="keyward"']);
        expect(response.json().errors[0].extensions.code).toBe('UNAUTHENTICATED');
        expect(response.body).not.toContain('keyward_');
      }
      expect((await closed.http.inject({ url: `/metrics?token=${TOKEN}` })).statusCode).toBe(401);
      const response = await ask(`bearer ${TOKEN}`);
      expect([response.statusCode, response.body.includes('keyward_verifications_total')]).toEqual([200, true]);
      expect(closed.logs()).not.toContain(TOKEN);
      await closed.close();
    }
  });

  test('is 404 for every method in production without METRICS_TOKEN', async () => {
    const production = await startTestApp({ env: { NODE_ENV: 'production' } });
    for (const method of ['GET', 'HEAD', 'POST'] as const) {
      expect((await production.http.inject({ method, url: '/metrics' })).statusCode).toBe(404);
    }
    await production.close();
  });

  test.each(['127.0.0.1', '127.9.8.7', '::1', '::ffff:127.0.0.1'])(
    'is allowed outside production without METRICS_TOKEN from the local address %s',
    async (remoteAddress) => {
      expect((await app.http.inject({ url: '/metrics', remoteAddress })).statusCode).toBe(200);
    },
  );

  test.each(['198.51.100.7', '10.0.0.1', '::ffff:198.51.100.7', '::127.0.0.1', 'fe80::1%eth0'])(
    'is 404 outside production without METRICS_TOKEN from the address %s',
    async (remoteAddress) => {
      expect((await app.http.inject({ url: '/metrics', remoteAddress })).statusCode).toBe(404);
    },
  );

  test.each([
    ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-anything', 'forwarded', 'via', 'x-real-ip', 'x-client-ip'],
    ...['cf-connecting-ip', 'true-client-ip', 'x-envoy-external-address', 'x-original-forwarded-for'],
  ])('is 404 for a request with the proxy header %s', async (name) => {
    for (const value of ['127.0.0.1', ''])
      expect((await app.http.inject({ url: '/metrics', headers: { [name]: value } })).statusCode).toBe(404);
  });

  test('is 404 for a request through a trusted proxy', async () => {
    const behind = await startTestApp({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
    expect((await behind.http.inject({ url: '/metrics', headers: { 'x-forwarded-for': '127.0.0.1' } })).statusCode).toBe(404);
    await behind.close();
  });

  test.each(['evil.example:4000', 'evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '192.168.0.1'])(
    'is 404 for another Host, to which DNS rebinding can lead: %s',
    async (host) => {
      expect((await app.http.inject({ url: '/metrics', headers: { host } })).statusCode).toBe(404);
    },
  );
});

describe('H7: the cost of /metrics', () => {
  test('is limited by rendering the text at most once per second', async () => {
    const counting = await startTestApp();
    const unauthenticated = async () =>
      Number(/^keyward_errors_total\{code="UNAUTHENTICATED"\} (\d+)$/m.exec((await counting.http.inject('/metrics')).body)?.[1] ?? 0);
    expect(await unauthenticated()).toBe(0);
    await counting.send('{ me { id } }');
    counting.clock.advanceSeconds(0.9);
    expect(await Promise.all([unauthenticated(), unauthenticated(), unauthenticated()])).toEqual([0, 0, 0]);
    counting.clock.advanceSeconds(0.1);
    expect(await Promise.all([unauthenticated(), unauthenticated(), unauthenticated()])).toEqual([1, 1, 1]);
    await counting.close();
  });

  test('does not delay a verification until 300 pipelined requests on each of four connections are answered', async () => {
    const { key } = await newKey(app);
    const port = Number(new URL(await app.http.listen({ port: 0, host: '127.0.0.1' })).port);
    let answered = 0;
    const sockets = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const socket = connect(port, '127.0.0.1');
        await once(socket, 'connect');
        socket.setEncoding('latin1').on('data', (text: string) => (answered += text.split('HTTP/1.1 200').length - 1));
        return socket;
      }),
    );
    const verifier = connect(port, '127.0.0.1');
    await once(verifier, 'connect');
    for (const socket of sockets) socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(300));
    verifier.write(`GET /verify HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${key}\r\n\r\n`);
    const [answer] = await once(verifier.setEncoding('utf8'), 'data');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answered).toBeLessThan(300);
    await eventually(() => expect(answered).toBe(1_200), { withinMs: 60_000 });
    for (const socket of [...sockets, verifier]) socket.destroy();
  });
});

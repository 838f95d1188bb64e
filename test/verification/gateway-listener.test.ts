import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Fastify from 'fastify';
import pg from 'pg';
import { runSql } from '../support/database.js';
import { newKey } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { sendRaw } from '../support/raw-http.js';
import { PATIENT, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let port: number;
let key: string;
let otherKey: string;
beforeAll(async () => {
  app = await startTestApp();
  port = Number(new URL(await app.http.listen({ port: 0, host: '127.0.0.1' })).port);
  ({ key } = await newKey(app));
  ({ key: otherKey } = await newKey(app));
});
afterAll(() => app.close());

const HEAD = 'Host: a\r\nConnection: close\r\n';

/** Sends a request line with a valid key, and returns the statuses of all answers. */
async function statusesOf(requestLine: string, more = '', body = ''): Promise<number[]> {
  const answer = await sendRaw(port, `${requestLine}\r\n${more || HEAD}X-API-Key: ${key}\r\n\r\n${body}`);
  return [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

// Version 0.1.0 answered /verify by a Fastify route. That route had the same statuses.
describe('the gateway listener', () => {
  test.each([
    ['/verify', 200],
    ['/verify/', 200],
    ['/verify?a=b', 200],
    ['/verify#a', 200],
    ['/verify/orders/7?x=1', 200],
    ['/%76erify', 200],
    ['/verif%79/a', 200],
    ['http://a/verify', 200],
    ['http://b/verify', 400],
    ['/verify/%zz', 400],
    ['/verify/%ff', 400],
    ['/verify%ff', 400],
    ['/verify%2fa', 404],
    ['/verify%3fscope=x', 404],
    ['//verify', 404],
    ['/./verify', 404],
    ['/VERIFY', 404],
    ['/verify;a=b', 404],
    ['/verifyx', 404],
  ])('answers the request target %s with %i', async (target, status) => {
    expect(await statusesOf(`GET ${target} HTTP/1.1`)).toEqual([status]);
  });

  test.each([
    ['a body with a length', 'Content-Length: 5\r\n', 'hello', [200]],
    ['a chunked body', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n', [200]],
    ['Content-Length and Transfer-Encoding', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n', [400]],
    ['a length that is not a number', 'Content-Length: zz\r\n', '', [400]],
    ['Expect: 100-continue', 'Expect: 100-continue\r\nContent-Length: 5\r\n', 'hello', [100, 200]],
    ['an unknown Expect', 'Expect: zebra\r\n', '', [200]],
    ['250 header lines', 'A: 1\r\n'.repeat(250), '', [431]],
    ['headers of 20 kB', `A: ${'x'.repeat(20_000)}\r\n`, '', [431]],
    ['a second Host header', 'Host: a\r\n', '', [400]],
    ['a second key header', 'X-API-Key: x\r\n', '', [400]],
    ['two Authorization headers', 'Authorization: Bearer x\r\nAuthorization: Bearer x\r\n', '', [400]],
    ['a required scope that the key lacks', 'X-Keyward-Required-Scope: x\r\n', '', [403]],
    ['a misspelt header for a required scope', 'X-Keyward-Required-Scopes: x\r\n', '', [400]],
  ])('answers a request with %s', async (_name, headers, body, statuses) => {
    expect(await statusesOf('POST /verify HTTP/1.1', HEAD + headers, body)).toEqual(statuses);
  });

  test('rejects HTTP/1.1 without a Host header, and accepts HTTP/1.0 without one', async () => {
    expect(await statusesOf('GET /verify HTTP/1.1', 'Connection: close\r\n')).toEqual([400]);
    expect(await statusesOf('GET /verify HTTP/1.0', 'Connection: close\r\n')).toEqual([200]);
  });

  test('returns 405 with Allow for TRACE, as a problem document without the key', async () => {
    const answer = await sendRaw(port, `TRACE /verify HTTP/1.1\r\n${HEAD}X-API-Key: ${key}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 405 /);
    expect(answer).toMatch(/\r\nallow: [A-Z, -]*\bGET\b/);
    expect(answer).toContain('application/problem+json');
    expect(answer).not.toContain(key);
  });

  test('answers pipelined requests in their order, each by its own headers', async () => {
    const request = (headers: string, url = '/verify') => `GET ${url} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
    const good = `X-API-Key: ${key}\r\n`;
    const all = [
      request(good),
      request(''),
      request(good, '/verify?scope=x'),
      request(`Authorization: Bearer ${otherKey}\r\n`),
      request(good, '/healthz'),
      request(`${good}Connection: close\r\n`),
    ];
    const statuses = [...(await sendRaw(port, all.join(''))).matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
    expect(statuses).toEqual([200, 401, 403, 200, 200, 200]);
  });

  test('sends the owner’s external ID percent-encoded, and - for an owner without one', async () => {
    const { key: named, userId } = await newKey(app);
    const headerOf = async (externalId: string | null) => {
      await app.database.user.update({ where: { id: userId }, data: { externalId } });
      const { headers, json } = await app.http.inject({ url: '/verify', headers: { 'x-api-key': named } });
      return [headers['x-keyward-external-id'], JSON.parse(JSON.stringify(json())).ownerExternalId];
    };
    expect(await headerOf(null)).toEqual(['-', null]);
    expect(await headerOf('-')).toEqual(['%2D', '-']);
    expect(await headerOf('org_1/ü\r\nx: y')).toEqual(['org_1%2F%C3%BC%0D%0Ax%3A%20y', 'org_1/ü\r\nx: y']);
  });

  test('F5: closes the connection after the answer to a verification that was running when the server stopped', async () => {
    const stopping = await startTestApp(PATIENT);
    const stoppingPort = Number(new URL(await stopping.http.listen({ port: 0, host: '127.0.0.1' })).port);
    const { key: own } = await newKey(stopping);
    stopping.cachedKeys.start();
    await eventually(() => expect(stopping.cachedKeys.isConnected).toBe(true), { withinMs: 10_000 });
    const holder = new pg.Client({ connectionString: stopping.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE');
    const answer = sendRaw(stoppingPort, `GET /verify HTTP/1.1\r\nHost: a\r\nX-API-Key: ${own}\r\n\r\n`);
    const isWaiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    // A transaction sees one snapshot of pg_stat_activity, so another connection asks.
    await eventually(async () => expect(await runSql(stopping.databaseUrl, isWaiting)).not.toEqual([]), { withinMs: 5_000 });
    const closed = stopping.close();
    await holder.query('ROLLBACK');
    await holder.end();
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n/i);
    await closed;
  });

  test('has the connection timeouts of the Fastify server, or shorter ones', async () => {
    const fastify = Fastify({ keepAliveTimeout: 72_000 });
    const { keepAliveTimeout, maxRequestsPerSocket } = fastify.server;
    await fastify.close();
    // deploy/nginx.conf keeps a connection for 60 s: the server must not close it first.
    expect(app.http.server).toMatchObject({ keepAliveTimeout, maxRequestsPerSocket, headersTimeout: 15_000, requestTimeout: 30_000 });
  });
});

describe('verifyApiKey and /verify', () => {
  test('name the scope that the key lacks, and the seconds until the next window', async () => {
    const { key: limited } = await newKey(app, { scopes: ['a'], rateLimit: { limit: 1, windowSeconds: 60 } });
    const detailOf = async (url: string) => (await app.http.inject({ url, headers: { 'x-api-key': limited } })).json().detail;
    expect(await detailOf('/verify?scope=a&scope=orders:write')).toBe('The key lacks the scope orders:write.');
    expect(await detailOf('/verify?scope=%3Cb%3E')).toBe('The key lacks a required scope.');
    expect(await detailOf('/verify')).toBe(undefined);
    expect(await detailOf('/verify')).toBe('The rate limit of the key is exceeded. Try again in 60 seconds.');
  });
});

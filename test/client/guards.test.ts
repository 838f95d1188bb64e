import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RevokeApiKeyDocument } from '../generated/graphql.js';
import { type ClientProject, installClient, type Program, startProgramIn } from '../support/client-package.js';
import { dropDatabase } from '../support/database.js';
import { newKey } from '../support/doors.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const VERIFIER_TOKEN = 'a-verifier-token';
const SCOPE = 'reports:read';

let project: ClientProject;
let app: TestApp;
let keyward: string;
const programs: Record<string, Program> = {};

beforeAll(async () => {
  project = installClient();
  mkdirSync(path.join(project.folder, 'examples'));
  app = await startTestApp({ env: { VERIFIER_TOKENS: VERIFIER_TOKEN, TRUSTED_PROXIES: '127.0.0.1' } });
  keyward = await app.http.listen({ port: 0, host: '127.0.0.1' });
  for (const file of FILES) {
    copyFileSync(`examples/${file}`, path.join(project.folder, 'examples', file));
    programs[file] = await start(file);
  }
});
afterAll(async () => {
  await Promise.all(Object.values(programs).map((program) => program.stop()));
  await app.close();
  project.remove();
});

const start = (file: string, env: Record<string, string> = {}) =>
  startProgramIn(project, `examples/${file}`, { KEYWARD_URL: keyward, VERIFIER_TOKEN, ...env });

interface ApiAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Sends a request with header lines that can repeat. */
function send(url: string, headers: [string, string][], init: { method: string; path: string; body?: string }): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const raw = [...headers, ['host', new URL(url).host] as const, ...(init.body ? [['content-type', 'application/json'] as const] : [])];
    const outgoing = sendRequest(`${url}${init.path}`, { method: init.method, headers: raw.flat() as never, agent: false });
    outgoing.on('error', reject).on('response', async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    });
    outgoing.end(init.body);
  });
}

const REST = { method: 'GET', path: '/reports' };
const GRAPHQL = { method: 'POST', path: '/', body: '{"query":"{ owner }"}' };
const restBody = (text: string) => JSON.parse(text) as { code?: string; detail?: string; owner?: string };
function graphqlBody(text: string): { code?: string; detail?: string; owner?: string } {
  const { data, errors } = JSON.parse(text) as { data?: { owner: string }; errors?: { message: string; extensions: { code: string } }[] };
  return errors?.[0] ? { code: errors[0].extensions.code, detail: errors[0].message } : (data ?? {});
}

/** Each example, with the request that it answers and how to read its answer. */
const EXAMPLES = {
  'fastify.mjs': { init: REST, bodyOf: restBody, seesForwardedAddress: true },
  'express.mjs': { init: REST, bodyOf: restBody, seesForwardedAddress: true },
  'apollo.mjs': { init: GRAPHQL, bodyOf: graphqlBody, seesForwardedAddress: false },
} as const;
const FILES = Object.keys(EXAMPLES) as (keyof typeof EXAMPLES)[];

describe.each(FILES)('examples/%s, with the packed client', (file) => {
  const { init, bodyOf, seesForwardedAddress } = EXAMPLES[file];

  async function ask(headers: Record<string, string> | [string, string][], program = programs[file]) {
    const lines = Array.isArray(headers) ? headers : Object.entries(headers);
    const answer = await send(program?.url ?? '', lines, init);
    const { 'www-authenticate': challenge, 'retry-after': retryAfter, ratelimit } = answer.headers;
    return { status: answer.status, ...bodyOf(answer.text), challenge, retryAfter, ratelimit };
  }

  test('accepts a valid key in either header, and identifies its owner whatever the client claims', async () => {
    const { key, userId } = await newKey(app, { scopes: [SCOPE], allowedCidrs: ['127.0.0.0/8'] });
    for (const sent of [{ 'x-api-key': key }, { authorization: `Bearer ${key}` }, { 'x-api-key': key, authorization: `bearer ${key}` }]) {
      expect(await ask({ ...sent, 'x-keyward-user-id': 'me' })).toMatchObject({ status: 200, owner: userId });
    }
  });

  test('rejects a request without a valid key as /verify does, with its code, sentence and headers', async () => {
    const { key, id, token } = await newKey(app, { scopes: [SCOPE], rateLimit: { limit: 1, windowSeconds: 60 } });
    const { key: other } = await newKey(app);
    expect(await ask({ 'x-api-key': other })).toMatchObject({
      status: 403,
      code: 'INSUFFICIENT_SCOPE',
      detail: `The key lacks the scope ${SCOPE}.`,
    });
    expect(await ask({ 'x-api-key': key })).toMatchObject({ status: 200 });
    expect(await ask({ 'x-api-key': key })).toMatchObject({
      status: 429,
      code: 'RATE_LIMITED',
      retryAfter: '60',
      ratelimit: '"key";r=0;t=60',
    });
    await app.ask(RevokeApiKeyDocument, { id }, token);
    expect(await ask({ 'x-api-key': key })).toMatchObject({
      status: 401,
      code: 'REVOKED',
      detail: 'The key was revoked.',
      challenge: 'Bearer realm="keyward", error="invalid_token"',
    });
  });

  test('answers a request without a key as /verify does', async () => {
    const requests: Record<string, string>[] = [{}, { 'x-api-key': '' }, { authorization: 'Bearer ' }, { authorization: 'Basic YTpi' }];
    for (const headers of requests) {
      const verify = await fetch(`${keyward}/verify`, { headers: { ...headers, 'x-verifier-token': VERIFIER_TOKEN } });
      const { code, detail } = (await verify.json()) as { code: string; detail: string };
      const expected = { status: verify.status, code, detail, challenge: verify.headers.get('www-authenticate') };
      expect(await ask(headers)).toMatchObject(expected);
      expect(expected).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    }
  });

  test('A3: rejects two different keys, and a header that was sent twice', async () => {
    const [{ key }, { key: other }] = [await newKey(app, { scopes: [SCOPE] }), await newKey(app, { scopes: [SCOPE] })];
    const requests: [string, string][][] = [
      [
        ['x-api-key', key],
        ['authorization', `Bearer ${other}`],
      ],
      [
        ['x-api-key', key],
        ['x-api-key', key],
      ],
      [
        ['authorization', `Bearer ${key}`],
        ['Authorization', `Bearer ${other}`],
      ],
    ];
    for (const headers of requests) expect(await ask(headers)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
  });

  test('checks allowedCidrs against the address that the framework reports, and accepts any User-Agent', async () => {
    const { key } = await newKey(app, { scopes: [SCOPE], allowedCidrs: [seesForwardedAddress ? '203.0.113.9' : '127.0.0.1'] });
    const headers = { 'x-api-key': key, 'user-agent': 'curl/8 \x80\xff' };
    expect(await ask({ ...headers, 'x-forwarded-for': '203.0.113.9' })).toMatchObject({ status: 200 });
    const { key: elsewhere } = await newKey(app, { scopes: [SCOPE], allowedCidrs: ['203.0.113.10'] });
    expect(await ask({ ...headers, 'x-api-key': elsewhere, 'x-forwarded-for': '203.0.113.9' })).toMatchObject({
      status: 403,
      code: 'IP_NOT_ALLOWED',
    });
  });

  test('K2: rejects all requests while Keyward is unavailable, logs the reason, and neither answer nor log contains the key', async () => {
    const { key } = await newKey(app, { scopes: [SCOPE] });
    const unavailable = await startTestApp();
    const url = await unavailable.http.listen({ port: 0, host: '127.0.0.1' });
    await dropDatabase(unavailable.databaseUrl);
    const broken = await listen((_request, response) => void response.writeHead(200).end('{"valid":true}'));
    const cases: [Record<string, string>, RegExp][] = [
      [{ KEYWARD_URL: 'http://127.0.0.1:9' }, /\(network\)/],
      [{ KEYWARD_URL: url }, /\(unavailable\)/],
      [{ KEYWARD_URL: broken.url }, /\(unexpected response\)/],
      [{ VERIFIER_TOKEN: 'wrong' }, /\(verifier rejected\)/],
    ];
    for (const [env, logged] of cases) {
      const program = await start(file, env);
      const answer = await ask({ 'x-api-key': key }, program);
      await program.stop();
      expect(answer).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE', retryAfter: expect.stringMatching(/^[1-9]/) });
      expect(program.output()).toMatch(logged);
      expect(JSON.stringify(answer) + program.output()).not.toContain(key);
    }
    await unavailable.close();
    await broken.close();
  });
});

async function listen(listener: RequestListener): Promise<{ url: string; close(): Promise<unknown> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.closeAllConnections() ?? server.close(resolve)),
  };
}

describe('apiKeyOf', () => {
  test('throws for a request that no guard accepted, so that a route without a guard fails', async () => {
    const { apiKeyOf } = await project.load();
    expect(() => apiKeyOf({ headers: { 'x-keyward-user-id': 'me' } })).toThrow('Add requireApiKey to the route.');
  });

  test('each guard demands its own scopes, also after another one accepted the request', async () => {
    const code = readFileSync('examples/express.mjs', 'utf8').replace(
      "app.get('/reports'",
      "app.get('/reports', requireApiKey(verifier, { scopes: ['b'] })",
    );
    writeFileSync(path.join(project.folder, 'examples/two-guards.mjs'), code);
    const program = await start('two-guards.mjs');
    const statusOf = async (scopes: string[]) =>
      (await send(program.url, [['x-api-key', (await newKey(app, { scopes })).key]], REST)).status;
    const statuses = [await statusOf([SCOPE]), await statusOf(['b']), await statusOf([SCOPE, 'b'])];
    await program.stop();
    expect(statuses).toEqual([403, 403, 200]);
  });
});

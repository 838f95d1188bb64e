import { readFileSync } from 'node:fs';
import { METHODS } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EVENT_TYPES } from '../src/webhooks/event-types.js';
import { RevokeApiKeyDocument } from './generated/graphql.js';
import { dropDatabase, runSql } from './support/database.js';
import { newKey } from './support/doors.js';
import { OPEN_API, problemsOf, RESOLVED_OPEN_API } from './support/openapi.js';
import { sendRaw } from './support/raw-http.js';
import { startTestApp, type TestApp } from './support/test-app.js';

/** A JSON Schema with definitions of its own. */
type JsonSchema = Record<string, unknown> & { $defs?: Record<string, object> };

const { paths } = RESOLVED_OPEN_API;

/** Headers of HTTP itself, which no endpoint has to describe. */
const OF_HTTP = new Set(['connection', 'keep-alive', 'content-length', 'content-type', 'date', 'transfer-encoding']);

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What the server has sent, by path: `200`, `200 header ratelimit`, `200 type application/json`. */
const produced: Record<string, Set<string>> = {};

/** Returns what is wrong with an answer by the document, and records what it shows. */
function check(path: string, { status, headers, body }: Answer): string[] {
  const seen = produced[path] ?? new Set();
  produced[path] = seen;
  const response = paths[path]?.get.responses[status];
  if (!response) return [`${status} is not documented`];
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  seen.add(`${status}`).add(`${status} type ${type}`);
  const described = Object.entries(response.headers).map(([name, header]) => [name.toLowerCase(), header] as const);
  const problems = Object.keys(headers)
    .filter((name) => !OF_HTTP.has(name) && !described.some(([known]) => known === name))
    .map((name) => `${status}: the header ${name} is not documented`);
  for (const [name, { required, schema }] of described) {
    const value = headers[name];
    if (value === undefined && required) problems.push(`${status}: no header ${name}`);
    if (value === undefined) continue;
    seen.add(`${status} header ${name}`);
    const wrong = problemsOf(schema, value);
    if (wrong) problems.push(`${status}: ${name}: ${wrong}`);
  }
  const content = response.content[type];
  const wrong = content ? problemsOf(content.schema, JSON.parse(body)) : `the type ${type} is not documented`;
  return wrong ? [...problems, `${status}: ${wrong}`] : problems;
}

let app: TestApp;
let url: string;
let port: number;
beforeAll(async () => {
  app = await startTestApp({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
  url = await app.http.listen({ port: 0, host: '127.0.0.1' });
  port = Number(new URL(url).port);
});
afterAll(() => app.close());

async function send(path: string, headers: Record<string, string> = {}, base = url): Promise<Answer> {
  const response = await fetch(`${base}${path}`, { headers });
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}

/** Parses a response as it came over the connection. */
function parsed(text: string): Answer {
  const [head = '', body = ''] = text.split(/\r\n\r\n([\s\S]*)/);
  const [start = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  return { status: Number(start.split(' ')[1]), headers, body };
}

/** Sends header lines that `fetch` cannot send. */
const sendLines = async (path: string, ...lines: string[]) =>
  parsed(await sendRaw(port, `GET ${path} HTTP/1.1\r\n${['Host: a', 'Connection: close', ...lines].join('\r\n')}\r\n\r\n`));

const MANY_LINES = Array.from({ length: 200 }, (_, index) => `x-${index}: 1`);
const LARGE_LINE = `x-large: ${'x'.repeat(20_000)}`;

/** Sends a request on a server that has begun to stop. */
async function whileStopping(path: string): Promise<Answer> {
  const stopping = await startTestApp();
  await stopping.http.close();
  const { statusCode: status, headers, body } = await stopping.http.inject({ url: path });
  await stopping.close();
  return { status, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])), body };
}

async function withoutDatabase(path: string, headers: Record<string, string>): Promise<Answer> {
  const broken = await startTestApp();
  const base = await broken.http.listen({ port: 0, host: '127.0.0.1' });
  await dropDatabase(broken.databaseUrl);
  const answer = await send(path, headers, base);
  await broken.close();
  return answer;
}

/** The answers of /verify, at least one for each kind that is documented. */
async function verifyAnswers(): Promise<Answer[]> {
  const settings = {
    name: 'ci',
    scopes: ['a'],
    metadata: { a: [1] },
    expiresAt: new Date(app.clock.now().getTime() + 60_000).toISOString(),
  };
  const { key, id, token } = await newKey(app, { ...settings, rateLimit: { limit: 1, windowSeconds: 60 }, allowedCidrs: ['127.0.0.1'] });
  const { key: other } = await newKey(app);
  const sent = { 'x-api-key': key };
  const answers = [
    await send('/verify?scope=a', sent),
    await send('/verify', sent),
    await send('/verify', { 'x-api-key': other }),
    await send('/verify?scope=b', sent),
    await send('/verify', { ...sent, 'x-forwarded-for': '203.0.113.9' }),
    await send('/verify'),
    await send('/verify', { ...sent, authorization: `Bearer ${other}` }),
    await send('/verify?scopes=a', sent),
    await send('/verify', { 'x-api-key': 'nonsense' }),
    await sendLines('/verify', ...MANY_LINES),
    await sendLines('/verify', LARGE_LINE),
    await sendLines('/verify', 'Host: b'),
    await withoutDatabase('/verify', sent),
    await whileStopping('/verify'),
  ];
  await app.ask(RevokeApiKeyDocument, { id }, token);
  answers.push(await send('/verify', sent));
  const restricted = await startTestApp({ env: { VERIFIER_TOKENS: 'a-verifier-token' } });
  const base = await restricted.http.listen({ port: 0, host: '127.0.0.1' });
  answers.push(await send('/verify', sent, base));
  await runSql(restricted.databaseUrl, 'ALTER TABLE api_keys RENAME COLUMN name TO renamed');
  answers.push(await send('/verify', { ...sent, 'x-verifier-token': 'a-verifier-token' }, base));
  await restricted.close();
  return answers;
}

const healthAnswers = async (path: string): Promise<Answer[]> => [
  await send(path),
  await sendLines(path, 'Host: b'),
  await sendLines(path, ...MANY_LINES),
  await sendLines(path, LARGE_LINE),
  await whileStopping(path),
  ...(path === '/readyz' ? [await withoutDatabase(path, {})] : []),
];

describe('docs/openapi.yaml', () => {
  test('has the version of the server', () => {
    expect(OPEN_API.info.version).toBe((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
  });

  const ANSWERS: Record<string, () => Promise<Answer[]>> = {
    '/verify': verifyAnswers,
    '/healthz': () => healthAnswers('/healthz'),
    '/readyz': () => healthAnswers('/readyz'),
  };

  test('describes the endpoints that this test calls, and no other', () => {
    expect(Object.keys(paths)).toEqual(Object.keys(ANSWERS));
  });

  test.each(Object.keys(ANSWERS))('%s: the server sends every status, header and type that is documented, and no other', async (path) => {
    const answers = (await ANSWERS[path]?.()) ?? [];
    expect(answers.flatMap((answer) => check(path, answer))).toEqual([]);
    const documented = Object.entries(paths[path]?.get.responses ?? {}).flatMap(([status, { headers, content }]) => [
      status,
      ...Object.keys(headers).map((name) => `${status} header ${name.toLowerCase()}`),
      ...Object.keys(content).map((type) => `${status} type ${type}`),
    ]);
    expect([...(produced[path] ?? [])].sort()).toEqual(documented.sort());
  });

  test('/verify: every other method and every path below it has the same answers', async () => {
    const { key } = await newKey(app);
    const head = (method: string, path: string, line: string) =>
      `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${line}\r\n\r\n`;
    for (const method of METHODS.filter((each) => !['CONNECT', 'TRACE', 'HEAD', 'GET'].includes(each))) {
      const answers = [
        parsed(await sendRaw(port, head(method, '/verify/orders', `X-API-Key: ${key}`))),
        parsed(await sendRaw(port, head(method, '/verify', 'X-Other: 1'))),
      ];
      expect([method, ...answers.map(({ status }) => status), ...answers.flatMap((answer) => check('/verify', answer))]).toEqual([
        method,
        200,
        401,
      ]);
    }
  });

  test('/verify: the rate limit of an owner has the documented form', async () => {
    const token = { name: 'policies', permissions: ['policies:write'], cidrs: [], expiresAt: null };
    const { plaintextToken } = await app.serviceTokens.create(token);
    const input = '{ name: "default", ownerRateLimit: { limit: 1000, windowSeconds: 60 } }';
    const { errors } = await app.send(`mutation { createPolicy(input: ${input}) { policy { id } } }`, {}, { token: plaintextToken });
    expect(errors).toEqual([]);
    const { key } = await newKey(app);
    const answer = await send('/verify', { 'x-api-key': key });
    expect([answer.headers.ratelimit, check('/verify', answer)]).toEqual(['"owner";r=999;t=60', []]);
  });

  test('a request that is not HTTP has the answer that is documented for malformed requests', async () => {
    const answer = parsed(await sendRaw(port, 'nonsense\r\n\r\n'));
    expect([answer.status, check('/healthz', answer)]).toEqual([400, []]);
  });
});

/** Returns the JSON Schemas of docs/webhook-events.md, by the type of the event. */
const referenceSchemas = (): [type: string, schema: JsonSchema][] =>
  [...readFileSync('docs/webhook-events.md', 'utf8').matchAll(/^## (\S+)$[\s\S]*?```json\n([\s\S]*?)```/gm)].map(
    ([, type = '', schema = '']) => [type, JSON.parse(schema) as JsonSchema],
  );

/** Replaces the references of a schema, except that of JSON values, which is recursive. */
function expanded(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(expanded);
  if (typeof node !== 'object' || node === null) return node;
  const { $ref: reference } = node as { $ref?: string };
  if (reference === '#/components/schemas/Json') return { $ref: '#/$defs/__schema0' };
  if (reference) return expanded(OPEN_API.components.schemas[reference.slice('#/components/schemas/'.length)]);
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, expanded(value)]));
}

describe('docs/openapi.yaml: webhooks', () => {
  test('describe every type of event, and no other, with the schema of docs/webhook-events.md', () => {
    const reference = referenceSchemas();
    expect(Object.keys(OPEN_API.webhooks)).toEqual(EVENT_TYPES);
    expect(reference.map(([type]) => type)).toEqual(EVENT_TYPES);
    for (const [type, { $schema, $defs, ...schema }] of reference) {
      expect(expanded(OPEN_API.webhooks[type]?.post.requestBody.content['application/json'].schema)).toEqual(schema);
      if ($defs) expect(expanded(OPEN_API.components.schemas.Json)).toEqual({ description: 'Any JSON value.', ...$defs.__schema0 });
    }
  });
});

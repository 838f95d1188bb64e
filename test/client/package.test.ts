import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { type ClientProject, installClient, runIn, startProgramIn } from '../support/client-package.js';
import { newKey } from '../support/doors.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let project: ClientProject;
let app: TestApp;
let env: Record<string, string>;
let key: string;
let ownerId: string;
const WEBHOOK_SECRET = `whsec_${randomBytes(32).toString('base64')}`;

beforeAll(async () => {
  project = installClient();
  app = await startTestApp({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
  const KEYWARD_URL = await app.http.listen({ port: 0, host: '127.0.0.1' });
  const token = { name: 'backend', permissions: ['users:act', 'webhooks:manage'], cidrs: [], expiresAt: null };
  const { plaintextToken: KEYWARD_TOKEN } = await app.serviceTokens.create(token);
  ({ key, userId: ownerId } = await newKey(app, { scopes: ['reports:read'] }));
  env = { KEYWARD_URL, KEYWARD_TOKEN, API_KEY: key, WEBHOOK_SECRET };
});
afterAll(async () => {
  await app.close();
  project.remove();
});

const manifest = JSON.parse(readFileSync('client/package.json', 'utf8')) as Record<string, unknown>;

describe('the package @keyward/client', () => {
  test('has no dependencies and no scripts, and the version of the server', () => {
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('optionalDependencies');
    expect(manifest).not.toHaveProperty('scripts');
    expect(manifest.peerDependenciesMeta).toEqual(
      Object.fromEntries(Object.keys(manifest.peerDependencies ?? {}).map((name) => [name, { optional: true }])),
    );
    expect(manifest.version).toBe((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
  });

  test('contains compiled code, types, README and licence, and nothing else', () => {
    const { stdout } = spawnSync('tar', ['-tzf', project.tarball], { encoding: 'utf8' });
    const files = stdout.trim().split('\n').sort();
    expect(files.filter((file) => !/^package\/dist\/[\w-]+\.(?:js|d\.ts)$/.test(file))).toEqual([
      'package/LICENSE',
      'package/README.md',
      'package/package.json',
    ]);
    expect(files.length).toBeGreaterThan(20);
  });

  test('has a method of KeywardManagement for every operation that is open to a service', async () => {
    const { KeywardManagement } = await project.load();
    const rows = readFileSync('docs/access.md', 'utf8').matchAll(/^\| `(\w+)` \| [^|]* \| [^|]* \| ([^|]*?) ?\|/gm);
    const ofServices = [...rows].flatMap(([, operation = '', permission]) => (permission ? [operation] : []));
    expect(ofServices.length).toBeGreaterThan(20);
    expect(ofServices.filter((operation) => !(operation in KeywardManagement.prototype))).toEqual([]);
  });

  test('passes publint and are-the-types-wrong', () => {
    expect(runIn(project, 'node_modules/publint/src/cli.js', '--strict', project.tarball)).toMatchObject({ code: 0 });
    const profile = ['--profile', 'esm-only', '--format', 'ascii', '--no-color'];
    expect(runIn(project, 'node_modules/@arethetypeswrong/cli/dist/index.js', project.tarball, ...profile)).toMatchObject({ code: 0 });
  });

  test('its guards have the types of hooks of Fastify, middlewares of Express and contexts of Apollo Server', () => {
    writeFileSync(path.join(project.folder, 'guards.ts'), GUARDS);
    writeFileSync(path.join(project.folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    expect(runIn(project, 'node_modules/typescript/bin/tsc', '-p', '.')).toEqual({ code: 0, output: '' });
  });

  test('its types detect mistakes', () => {
    const mistakes = {
      'the owner of an outcome that was not examined': 'export const owner = async () => (await verifier.verify("k")).ownerId;',
      'a misspelt setting': 'export const key = () => management.actingFor({ externalId: "a" }).createApiKey({ scope: ["a"] });',
      'a missing external ID': 'export const acting = () => management.actingFor({ actor: "a" });',
      'a webhook endpoint without a URL': 'export const endpoint = () => management.createWebhookEndpoint({ eventTypes: [] });',
    };
    const head = GUARDS.split('\n').filter((line) => line.startsWith('import') || /^const (?:verifier|management)/.test(line));
    for (const [index, code] of Object.values(mistakes).entries()) {
      writeFileSync(path.join(project.folder, `mistake-${index}.ts`), [...head, code].join('\n'));
    }
    const { output } = runIn(project, 'node_modules/typescript/bin/tsc', '-p', '.', '--noUnusedLocals', 'false', '--pretty', 'false');
    const errors = [...output.matchAll(/^(mistake-\d)\.ts\(\d+,\d+\): error (TS\d+)/gm)].map(([, file, code]) => `${file} ${code}`);
    expect(errors.sort()).toEqual(['mistake-0 TS2339', 'mistake-1 TS2561', 'mistake-2 TS2741', 'mistake-3 TS2345']);
  });
});

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    module: 'node20',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
  },
  include: ['*.ts'],
};

const GUARDS = `
import { KeywardManagement, KeywardVerifier } from '@keyward/client';
import { apiKeyOf, requireApiKey as forFastify } from '@keyward/client/fastify';
import { requireApiKey as forExpress } from '@keyward/client/express';
import { type ApiKeyContext, requireApiKey as forApollo } from '@keyward/client/apollo';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import express from 'express';
import Fastify from 'fastify';
const verifier = new KeywardVerifier({ url: 'http://127.0.0.1:4000' });
const management = new KeywardManagement({ url: 'http://127.0.0.1:4000', serviceToken: 'svc_x' });
const fastify = Fastify();
fastify.addHook('onRequest', forFastify(verifier, { scopes: ['a'] }));
fastify.get('/', { onRequest: forFastify(verifier) }, (request) => apiKeyOf(request).ownerId);
express().use(forExpress(verifier, { onUnavailable: ({ reason }) => console.error(reason) }));
const server = new ApolloServer<ApiKeyContext>({ typeDefs: 'type Query { a: ID }' });
void startStandaloneServer(server, { context: forApollo(verifier) });
fastify.post('/graphql', fastifyApolloHandler(server, { context: forApollo(verifier) }));
export const limit = management.actingFor({ externalId: 'a' }).createApiKey().then(({ apiKey }) => apiKey.rateLimit?.limit);
`;

describe('client/README.md', () => {
  const programs = [...readFileSync('client/README.md', 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  const find = (text: string) => {
    const [code = '', ...others] = programs.filter((each) => each.includes(text));
    if (others.length > 0) throw new Error(`several programs contain ${text}`);
    mkdirSync(path.join(project.folder, 'readme'), { recursive: true });
    const file = `readme/${text.replace(/\W/g, '-')}.mjs`;
    writeFileSync(path.join(project.folder, file), code);
    return file;
  };
  async function run(file: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
    // The server runs in this process, so the program must not block it.
    const child = spawn(process.execPath, [file], { cwd: project.folder, env: { PATH: process.env.PATH ?? '', ...env } });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    const [code] = await once(child, 'close');
    return { code, stdout, stderr };
  }

  test('has a program for each part of the package, and this test runs each of them', () => {
    expect(programs).toHaveLength(7);
  });

  test('shows how to verify a key', async () => {
    expect(await run(find('verifier.verify('))).toEqual({ code: 0, stdout: `The key of ${ownerId} is valid.\n`, stderr: '' });
  });

  test('shows how to manage keys', async () => {
    const { code, stdout, stderr } = await run(find('actingFor('));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Show this key once: amos_\S+\n1 key\nCONFLICT: .+\n$/);
  });

  test('shows how to manage webhooks', async () => {
    const { code, stdout, stderr } = await run(find('createWebhookEndpoint('));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Keep this secret: whsec_\S+\nwebhook\.test: PENDING\n$/);
  });

  test.each(['client/fastify', 'client/express', 'client/apollo'])('shows a guarded API: %s', async (name) => {
    const program = await startProgramIn(project, find(name), env);
    const init = name.endsWith('apollo') ? { method: 'POST', body: '{"query":"{ owner }"}' } : {};
    const url = name.endsWith('apollo') ? program.url : `${program.url.replace('[::1]', 'localhost')}/reports`;
    const ask = (headers: Record<string, string>) => fetch(url, { ...init, headers: { ...headers, 'content-type': 'application/json' } });
    const answers = [await ask({ 'x-api-key': key }), await ask({})];
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    await program.stop();
    expect(answers.map(({ status }) => status)).toEqual([200, 401]);
    expect(texts[0]).toContain(ownerId);
  });

  test('shows a receiver of webhooks', async () => {
    const program = await startProgramIn(project, find('verifyWebhook('), env);
    const body = JSON.stringify({ type: 'webhook.test', timestamp: new Date().toISOString(), data: {} });
    const send = (secret: string) => {
      const at = new Date();
      const headers = {
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': new Webhook(secret).sign('evt_1', at, body),
      };
      return fetch(program.url, { method: 'POST', headers, body });
    };
    const statuses = [(await send(WEBHOOK_SECRET)).status, (await send(`whsec_${randomBytes(32).toString('base64')}`)).status];
    await program.stop();
    expect([statuses, program.output()]).toEqual([[204, 400], expect.stringContaining('evt_1 webhook.test\n')]);
  });
});

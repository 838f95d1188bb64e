import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dropDatabase, newDatabase } from '../support/database.js';
import { ask, type ServerProcess, startServer } from '../support/server-process.js';

const EXAMPLE = path.resolve('examples/own-users');
const VERIFY = 'mutation ($input: VerifyApiKeyInput!) { verifyApiKey(input: $input) { code } }';

/** What the product answers to a create request; other answers are compared as a whole. */
type Body = { plaintextKey: string; apiKey: { id: string } };

let folder: string;
let databaseUrl: string;
let keyward: ServerProcess;
let product: { url: string; stop(): Promise<unknown> };

/** Runs a file of the example in the folder that contains its keys. */
function runExample(file: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [path.join(EXAMPLE, file)], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, exited: once(child, 'close') };
}

async function startProduct(): Promise<typeof product> {
  const { child, exited } = runExample('server.mjs', { PORT: '0', KEYWARD_URL: keyward.url });
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      const [, address] = /listens at (http:\S+)\n/.exec(output) ?? [];
      if (address) resolve(address);
    });
    void exited.then(() => reject(new Error('the example ended before it listened')));
  });
  return {
    url,
    stop: () => {
      child.kill();
      return exited;
    },
  };
}

/** Signs in at the product and returns a function that sends requests with the session cookie. */
async function signIn(email: string, password: string) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${product.url}/sign-in`, { method: 'POST', headers, body: JSON.stringify({ email, password }) });
  const [cookie] = answer.headers.getSetCookie();
  expect([answer.status, cookie]).toEqual([204, expect.stringMatching(/^session=[\w-]{43};.* HttpOnly; SameSite=Strict$/)]);
  return async (method: string, route: string, body?: object) => {
    const response = await fetch(`${product.url}${route}`, {
      method,
      headers: { ...headers, cookie: cookie?.split(';')[0] ?? '' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Body, cacheControl: response.headers.get('cache-control') };
  };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'keyward-own-users-'));
  expect((await runExample('make-keys.mjs').exited)[0]).toBe(0);
  databaseUrl = await newDatabase();
  keyward = await startServer({
    DATABASE_URL: databaseUrl,
    APP_SECRETS: randomBytes(32).toString('base64'),
    AUTH_MODE: 'external',
    AUTH_ISSUER: 'https://acme.test',
    AUTH_AUDIENCE: 'keyward',
    AUTH_JWKS_URL: pathToFileURL(path.join(folder, 'jwks.json')).href,
  });
  product = await startProduct();
});
afterAll(async () => {
  await product.stop();
  await keyward.stop();
  await dropDatabase(databaseUrl);
  await rm(folder, { recursive: true });
});

describe('examples/own-users', () => {
  test('keeps the private key readable by its owner only, and out of jwks.json', async () => {
    expect((await stat(path.join(folder, 'private-key.pem'))).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(readFileSync(path.join(folder, 'jwks.json'), 'utf8')).keys[0]).sort()).toEqual(
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'].sort(),
    );
  });

  test('creates, lists and revokes keys of the user who is signed in at the product', async () => {
    const ada = await signIn('ada@acme.test', 'ada-password');
    const created = await ada('POST', '/api-keys', { name: 'build server' });
    expect(created).toEqual({
      status: 201,
      cacheControl: 'no-store',
      body: {
        plaintextKey: expect.stringMatching(/^amos_/),
        apiKey: { id: expect.any(String), name: 'build server', keyPrefix: expect.any(String) },
      },
    });
    const { plaintextKey: key, apiKey } = created.body;
    expect((await ada('GET', '/api-keys')).body).toMatchObject([{ id: apiKey.id, name: 'build server', status: 'ACTIVE' }]);
    expect(await ask(keyward, VERIFY, { input: { key } })).toEqual({ verifyApiKey: { code: 'VALID' } });
    expect(await ada('DELETE', `/api-keys/${apiKey.id}`)).toMatchObject({
      status: 200,
      body: { apiKey: { id: apiKey.id, status: 'REVOKED' } },
    });
    expect(await ask(keyward, VERIFY, { input: { key } })).toEqual({ verifyApiKey: { code: 'REVOKED' } });
    expect((await ada('GET', '/api-keys')).body).toEqual([]);
  });

  test('rejects revoking another user’s key, and leaves the key valid', async () => {
    const ada = await signIn('ada@acme.test', 'ada-password');
    const grace = await signIn('grace@acme.test', 'grace-password');
    const { plaintextKey: key, apiKey } = (await ada('POST', '/api-keys')).body;
    expect(await grace('DELETE', `/api-keys/${apiKey.id}`)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect((await grace('GET', '/api-keys')).body).toEqual([]);
    expect(await ask(keyward, VERIFY, { input: { key } })).toEqual({ verifyApiKey: { code: 'VALID' } });
  });

  test('names the invalid field of a rejected input', async () => {
    const ada = await signIn('ada@acme.test', 'ada-password');
    expect(await ada('POST', '/api-keys', { scopes: ['NOT A SCOPE'] })).toMatchObject({
      status: 400,
      body: { code: 'BAD_USER_INPUT', fields: [{ path: expect.stringContaining('scopes'), message: expect.any(String) }] },
    });
  });

  test.each([
    ['without a session', {}],
    ['with an invented session', { cookie: 'session=invented' }],
  ])('answers 401 to a request %s', async (_case, headers: Record<string, string>) => {
    for (const method of ['GET', 'POST']) {
      expect((await fetch(`${product.url}/api-keys`, { method, headers })).status).toBe(401);
    }
    const wrong = JSON.stringify({ email: 'ada@acme.test', password: 'grace-password' });
    const signedIn = await fetch(`${product.url}/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: wrong,
    });
    expect([signedIn.status, signedIn.headers.getSetCookie()]).toEqual([401, []]);
  });
});

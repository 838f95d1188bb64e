import { randomBytes } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClientProject, installClient, type Program, startProgramIn } from '../support/client-package.js';
import { runBuiltCommand } from '../support/commands.js';
import { dropDatabase, newDatabase } from '../support/database.js';
import { ask, type ServerProcess, startServer } from '../support/server-process.js';

const EXAMPLE = path.resolve('examples/own-users');
const ORIGIN = 'https://app.acme.test';
const VERIFY = 'mutation ($input: VerifyApiKeyInput!) { verifyApiKey(input: $input) { code ownerExternalId } }';

/** What the product answers; other answers are compared as a whole. */
type Body = { plaintextKey: string; apiKey: { id: string }; accessToken: string };

let databaseUrl: string;
let keyward: ServerProcess;
let serviceToken: string;
const products: Record<string, Program> = {};
let project: ClientProject;

beforeAll(async () => {
  project = installClient();
  cpSync(EXAMPLE, path.join(project.folder, 'own-users'), { recursive: true });
  databaseUrl = await newDatabase();
  const env = { DATABASE_URL: databaseUrl, APP_SECRETS: randomBytes(32).toString('base64'), AUTH_MODE: 'product' };
  keyward = await startServer(env);
  const created = await runBuiltCommand('service-tokens', ['create', 'backend', '--permissions', 'users:act', '--json'], env);
  serviceToken = JSON.parse(created.stdout).token;
  for (const file of ['express-backend.mjs', 'fastify-backend.mjs']) {
    const settings = { KEYWARD_URL: keyward.url, KEYWARD_TOKEN: serviceToken, PRODUCT_ORIGIN: ORIGIN };
    products[file] = await startProgramIn(project, `own-users/${file}`, settings);
  }
});
afterAll(async () => {
  await Promise.all(Object.values(products).map((product) => product.stop()));
  await keyward.stop();
  await dropDatabase(databaseUrl);
  project.remove();
});

describe.each(['express-backend.mjs', 'fastify-backend.mjs'])('examples/own-users/%s', (file) => {
  const send = (method: string, route: string, { headers = {}, body }: { headers?: Record<string, string>; body?: object } = {}) =>
    fetch(`${products[file]?.url}${route}`, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });

  /** Signs in at the product and returns a function that sends requests with the session cookie. */
  async function signIn(name: 'ada' | 'grace') {
    const answer = await send('POST', '/sign-in', { body: { email: `${name}@acme.test`, password: `${name}-password` } });
    const [cookie = ''] = answer.headers.getSetCookie();
    expect([answer.status, cookie]).toEqual([204, expect.stringMatching(/^session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)]);
    const headers = { cookie: cookie.split(';')[0] ?? '' };
    return async (method: string, route: string, body?: object, more: Record<string, string> = {}) => {
      const response = await send(method, route, { headers: { ...headers, ...more }, ...(body && { body }) });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json');
      return { status: response.status, body: (isJson ? JSON.parse(text) : null) as Body, caching: response.headers.get('cache-control') };
    };
  }

  test('its routes take at most 30 lines', () => {
    const code = readFileSync(path.join(EXAMPLE, file), 'utf8').trimEnd().split('\n');
    expect(code.filter((line) => !/^(?:import|\/\/|\/\*\*|$)/.test(line)).length).toBeLessThanOrEqual(30);
  });

  test('creates, lists and revokes keys of the user who is signed in at the product', async () => {
    const ada = await signIn('ada');
    const created = await ada('POST', '/api-keys', { name: 'build server' });
    expect(created).toEqual({
      status: 200,
      caching: 'no-store',
      body: {
        plaintextKey: expect.stringMatching(/^amos_/),
        apiKey: expect.objectContaining({ id: expect.any(String), name: 'build server', keyPrefix: expect.any(String) }),
      },
    });
    const { plaintextKey: key, apiKey } = created.body;
    expect((await ada('GET', '/api-keys')).body).toMatchObject([{ id: apiKey.id, name: 'build server', status: 'ACTIVE' }]);
    expect(await ask(keyward, VERIFY, { input: { key } })).toEqual({ verifyApiKey: { code: 'VALID', ownerExternalId: 'user-1' } });
    const revoked = await ada('DELETE', `/api-keys/${apiKey.id}`);
    expect(revoked).toMatchObject({ status: 200, body: { apiKey: { id: apiKey.id, status: 'REVOKED' } } });
    expect(await ask(keyward, VERIFY, { input: { key } })).toMatchObject({ verifyApiKey: { code: 'REVOKED' } });
    expect((await ada('GET', '/api-keys')).body).toEqual([]);
  });

  test('creates keys of an organisation, with the person as the actor, and only for its members', async () => {
    const ada = await signIn('ada');
    const { plaintextKey: key, apiKey } = (await ada('POST', '/organisations/org_123/api-keys')).body;
    expect((await ada('GET', '/organisations/org_123/api-keys')).body).toMatchObject([{ id: apiKey.id, createdBy: 'user-1' }]);
    expect(await ask(keyward, VERIFY, { input: { key } })).toMatchObject({ verifyApiKey: { ownerExternalId: 'org_123' } });
    expect((await ada('GET', '/api-keys')).body).toEqual([]);
    const grace = await signIn('grace');
    for (const [method, route] of [
      ['GET', '/organisations/org_123/api-keys'],
      ['POST', '/organisations/user-1/api-keys'],
      ['DELETE', `/organisations/org_123/api-keys/${apiKey.id}`],
      ['POST', '/organisations/org_123/portal-session'],
    ] as const) {
      expect((await grace(method, route)).status).toBe(403);
    }
    expect((await ada('DELETE', `/organisations/org_123/api-keys/${apiKey.id}`)).status).toBe(200);
  });

  test('rejects revoking another user’s key, and leaves the key valid', async () => {
    const [ada, grace] = [await signIn('ada'), await signIn('grace')];
    const { plaintextKey: key, apiKey } = (await ada('POST', '/api-keys')).body;
    expect(await grace('DELETE', `/api-keys/${apiKey.id}`)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect((await grace('GET', '/api-keys')).body).toEqual([]);
    expect(await ask(keyward, VERIFY, { input: { key } })).toMatchObject({ verifyApiKey: { code: 'VALID' } });
    await ada('DELETE', `/api-keys/${apiKey.id}`);
  });

  test('passes no header of its client on', async () => {
    const ada = await signIn('ada');
    const forged = {
      origin: 'https://evil.test',
      'x-keyward-on-behalf-of': 'user-2',
      'x-keyward-actor': 'mallory',
      authorization: 'Bearer x',
    };
    const { status, body } = await ada('POST', '/api-keys', {}, forged);
    expect(status).toBe(200);
    expect((await ada('GET', '/api-keys')).body).toMatchObject([{ id: body.apiKey.id, createdBy: 'user-1' }]);
    await ada('DELETE', `/api-keys/${body.apiKey.id}`);
  });

  test('passes on only the settings of a key that users may choose', async () => {
    const ada = await signIn('ada');
    const { status, body } = await ada('POST', '/api-keys', { name: 'CI', trustedMetadata: { plan: 'gold' }, rateLimit: { limit: 1 } });
    expect(status).toBe(200);
    await ada('DELETE', `/api-keys/${body.apiKey.id}`);
  });

  test('names the invalid field of a rejected input', async () => {
    const ada = await signIn('ada');
    expect(await ada('POST', '/api-keys', { scopes: ['NOT A SCOPE'] })).toMatchObject({
      status: 400,
      body: { code: 'BAD_USER_INPUT', fields: [{ path: expect.stringContaining('scopes'), message: expect.any(String) }] },
    });
  });

  test('opens a portal session that only the page of the product can use', async () => {
    const ada = await signIn('ada');
    const { accessToken } = (await ada('POST', '/portal-session')).body;
    const fromPage = (query: string, origin: string) =>
      fetch(`${keyward.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}`, origin },
        body: JSON.stringify({ query }),
      });
    const answer = await fromPage('{ me { externalId } myApiKeys { id } }', ORIGIN);
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(await answer.json()).toEqual({ data: { me: { externalId: 'user-1' }, myApiKeys: [] } });
    expect((await fromPage('{ me { externalId } }', 'https://evil.test')).status).toBe(401);
  });

  test.each([
    ['without a session', {}],
    ['with an invented session', { cookie: 'session=invented' }],
  ])('answers 401 to a request %s', async (_case, headers: Record<string, string>) => {
    for (const [method, route] of [
      ['GET', '/api-keys'],
      ['POST', '/api-keys'],
      ['DELETE', '/api-keys/1'],
      ['POST', '/portal-session'],
    ] as const) {
      expect((await send(method, route, { headers })).status).toBe(401);
    }
    const signedIn = await send('POST', '/sign-in', { body: { email: 'ada@acme.test', password: 'grace-password' } });
    expect([signedIn.status, signedIn.headers.getSetCookie()]).toEqual([401, []]);
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ImportApiKeysInput, KeywardError, KeywardManagement } from '../../client/src/index.js';
import { type ClientProject, installClient } from '../support/client-package.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let project: ClientProject;
let client: Awaited<ReturnType<ClientProject['load']>>;
let app: TestApp;
let url: string;
let serviceToken: string;
let keyward: KeywardManagement;

const newToken = async (...permissions: string[]): Promise<string> =>
  (await app.serviceTokens.create({ name: `b${randomBytes(6).toString('hex')}`, permissions, cidrs: [], expiresAt: null })).plaintextToken;

const PERMISSIONS = ['users:act', 'users:read', 'users:write', 'keys:read', 'keys:write', 'policies:write', 'audit:read'];

beforeAll(async () => {
  project = installClient();
  client = await project.load();
  app = await startTestApp({ env: { AUTH_MODE: 'product' } });
  url = await app.http.listen({ port: 0, host: '127.0.0.1' });
  serviceToken = await newToken(...PERMISSIONS);
  keyward = new client.KeywardManagement({ url, serviceToken });
});
afterAll(async () => {
  keyward.close();
  await app.close();
  project.remove();
});

/** Returns the error of an operation, which must fail. */
const errorOf = (operation: Promise<unknown>): Promise<KeywardError> =>
  operation.then(
    () => Promise.reject(new Error('the operation succeeded')),
    (error: unknown) => {
      if (!(error instanceof client.KeywardError)) throw error;
      return error;
    },
  );

const newId = () => `user-${randomBytes(4).toString('hex')}`;

describe('KeywardManagement.actingFor', () => {
  test('S3: names any user, in any characters, and the person who acts', async () => {
    for (const externalId of ['-', 'Ünïcode 鍵 %2D', `${'x'.repeat(250)}:/?#`]) {
      const user = keyward.actingFor({ externalId, actor: 'Zoë, support', clientAddress: '203.0.113.9%eth0' });
      const { apiKey } = await user.createApiKey({ name: 'ci', scopes: ['a'] });
      expect(await user.me()).toMatchObject({ externalId });
      expect(await user.myApiKeys()).toMatchObject([{ id: apiKey.id, name: 'ci', scopes: ['a'], createdBy: 'Zoë, support' }]);
      const { edges } = await user.myAuditLog({ filter: { actions: ['API_KEY_CREATED'] } });
      expect(edges.map(({ node }) => node)).toMatchObject([{ apiKeyId: apiKey.id, ipAddress: '203.0.113.9' }]);
    }
  });

  test('runs the life of a key, and each change shows at the next verification', async () => {
    const user = keyward.actingFor({ externalId: newId() });
    const verifier = new client.KeywardVerifier({ url });
    const { plaintextKey, apiKey } = await user.createApiKey();
    expect(await verifier.verify(plaintextKey)).toMatchObject({ valid: true, keyId: apiKey.id });
    await user.updateApiKey(apiKey.id, { enabled: false });
    expect(await verifier.verify(plaintextKey)).toMatchObject({ code: 'DISABLED' });
    await user.updateApiKey(apiKey.id, { enabled: true });
    const rotated = await user.rotateApiKey(apiKey.id, { gracePeriodSeconds: 60 });
    expect(rotated).toMatchObject({ replaced: { id: apiKey.id, status: 'ROTATING' } });
    expect(await verifier.verify(rotated.plaintextKey)).toMatchObject({ valid: true, keyId: rotated.apiKey.id });
    expect(await user.revokeApiKey(rotated.apiKey.id, 'leaked')).toMatchObject({ apiKey: { revokedReason: 'leaked' } });
    expect(await verifier.verify(rotated.plaintextKey)).toMatchObject({ code: 'REVOKED' });
    expect(await user.apiKey(rotated.apiKey.id)).toMatchObject({ status: 'REVOKED' });
    expect((await user.myApiKeyHistory({ first: 1 })).edges).toMatchObject([{ node: { id: rotated.apiKey.id } }]);
    verifier.close();
  });

  test('K8: a repeated request with one idempotencyKey creates no second key, and the error names the first one', async () => {
    const user = keyward.actingFor({ externalId: newId() });
    const { apiKey } = await user.createApiKey({ name: 'ci' }, { idempotencyKey: 'once' });
    const error = await errorOf(user.createApiKey({ name: 'ci' }, { idempotencyKey: 'once' }));
    expect([error.code, error.details.apiKeyId]).toEqual(['CONFLICT', apiKey.id]);
    expect(await user.myApiKeys()).toHaveLength(1);
  });

  test('K6: reports the key of another user as FORBIDDEN', async () => {
    const { apiKey } = await keyward.actingFor({ externalId: newId() }).createApiKey();
    const other = keyward.actingFor({ externalId: newId() });
    await other.createApiKey();
    expect(await errorOf(other.revokeApiKey(apiKey.id))).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('sends documents of the product, with the types of the document', async () => {
    const user = keyward.actingFor({ externalId: newId() });
    const { apiKey } = await user.createApiKey();
    const document = new client.TypedDocument<{ apiKey: { id: string; usage: { allowed: number }[] } }, { id: string }>(
      'query ($id: ID!) { apiKey(id: $id) { id usage(from: "2026-01-31T00:00:00Z", to: "2026-01-31T12:00:00Z") { allowed } } }',
    );
    expect(await user.request(document, { id: apiKey.id })).toEqual({ apiKey: { id: apiKey.id, usage: [{ allowed: 0 }] } });
  });
});

describe('KeywardManagement', () => {
  test('creates, finds, disables, enables and deletes users', async () => {
    const externalId = newId();
    const { user, created } = await keyward.upsertUser({ externalId, trustedMetadata: { plan: 'pro' } });
    expect([created, user]).toMatchObject([true, { externalId, trustedMetadata: { plan: 'pro' } }]);
    expect(await keyward.user({ externalId })).toEqual(user);
    expect((await keyward.users({ filter: { externalIds: [externalId] } })).edges.map(({ node }) => node)).toEqual([user]);
    expect((await keyward.disableUser(user.id)).user.disabledAt).not.toBeNull();
    expect((await keyward.enableUser(user.id)).user.disabledAt).toBeNull();
    expect(await keyward.deleteUser(user.id)).toEqual({ deleted: true });
    expect(await errorOf(keyward.user({ id: user.id }))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('S6: finds keys, and revokes those that a filter selects, after a dry run', async () => {
    const externalId = newId();
    const { plaintextKey, apiKey } = await keyward.actingFor({ externalId }).createApiKey();
    expect(await keyward.findApiKey(plaintextKey)).toMatchObject({ id: apiKey.id, owner: { externalId } });
    const filter = { externalIds: [externalId] };
    expect((await keyward.apiKeys({ filter })).edges).toMatchObject([{ node: { id: apiKey.id } }]);
    expect(await keyward.revokeApiKeys(filter, { dryRun: true })).toMatchObject({ matched: 1, revoked: 0 });
    expect(await keyward.revokeApiKeys(filter, { reason: 'leaked' })).toMatchObject({ matched: 1, revoked: 1, complete: true });
    expect(await errorOf(keyward.revokeApiKeys({}))).toMatchObject({ code: 'BAD_USER_INPUT' });
    const { edges } = await keyward.auditLog({ filter: { apiKeyId: apiKey.id }, first: 1 });
    expect(edges).toMatchObject([{ node: { action: 'API_KEY_REVOKED' } }]);
  });

  test('imports keys of another system, each with an outcome of its own', async () => {
    const externalId = newId();
    const text = `sk_live_${randomBytes(18).toString('hex')}`;
    const hash = createHash('sha256').update(text).digest('hex');
    const input: ImportApiKeysInput = {
      form: { algorithm: 'SHA256' },
      keys: [
        { hash, externalId, displayPrefix: 'sk_live_' },
        { hash: 'x', externalId },
      ],
    };
    const none = { apiKeyId: null, keyPrefix: null };
    const invalid = { ...none, outcome: 'INVALID', reasons: [expect.any(String)] };
    expect(await keyward.importApiKeys({ ...input, dryRun: true })).toEqual({
      results: [{ ...none, outcome: 'IMPORTED', reasons: [] }, invalid],
      usersCreated: 1,
    });
    const { results } = await keyward.importApiKeys(input);
    const imported = { outcome: 'IMPORTED', apiKeyId: expect.any(String), keyPrefix: expect.any(String), reasons: [] };
    expect(results).toEqual([imported, invalid]);
    expect(await keyward.findApiKey(results[0]?.keyPrefix ?? '')).toMatchObject({ displayPrefix: 'sk_live_', owner: { externalId } });
    expect((await keyward.importApiKeys(input)).results[0]).toEqual({ ...none, outcome: 'ALREADY_PRESENT', reasons: [] });
    const verifier = new client.KeywardVerifier({ url });
    expect(await verifier.verify(text)).toMatchObject({ valid: true, keyId: results[0]?.apiKeyId });
    verifier.close();
  });

  test('P1: creates, narrows and deletes a policy, and the next verification uses it', async () => {
    const externalId = newId();
    const { policy } = await keyward.createPolicy({ name: 'client-pro', scopes: ['a', 'b'] });
    expect(await keyward.policies()).toContainEqual({ ...policy, userCount: expect.anything() });
    expect((await keyward.upsertUser({ externalId, policy: 'client-pro' })).user.policy).toEqual({ id: policy.id, name: 'client-pro' });
    const user = keyward.actingFor({ externalId });
    const { plaintextKey, apiKey } = await user.createApiKey({ scopes: ['a', 'b'] });
    expect(apiKey.effective).toEqual({ scopes: ['a', 'b'], expiresAt: null, ownerRateLimit: null });
    expect(await user.myKeyPolicy()).toMatchObject({ scopes: ['a', 'b'], keysUsed: 1 });
    const verifier = new client.KeywardVerifier({ url });
    const verify = async () => (await verifier.verify(plaintextKey, { scopes: ['b'] })).code;
    expect(await keyward.updatePolicy(policy.id, { scopes: ['a'] }, { dryRun: true })).toMatchObject({
      affectedKeys: 1,
      affectedKeysIsComplete: true,
    });
    expect(await verify()).toBe('VALID');
    await keyward.updatePolicy(policy.id, { scopes: ['a'] });
    expect(await verify()).toBe('INSUFFICIENT_SCOPE');
    expect(await errorOf(keyward.deletePolicy(policy.id))).toMatchObject({ code: 'CONFLICT' });
    await keyward.upsertUser({ externalId, policy: null });
    expect(await keyward.deletePolicy(policy.id)).toEqual({ deleted: true });
    verifier.close();
  });

  test('S4: opens and ends portal sessions', async () => {
    const externalId = newId();
    const session = await keyward.createPortalSession({ externalId, permissions: ['KEYS_READ'], expiresInSeconds: 60 });
    const status = async () => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${session.accessToken}` };
      return (await fetch(`${url}/graphql`, { method: 'POST', headers, body: '{"query":"{ myApiKeys { id } }"}' })).status;
    };
    expect(await status()).toBe(200);
    expect(await keyward.endPortalSession(session.portalSessionId)).toEqual({ ended: true });
    expect(await status()).toBe(401);
  });

  test('reports invalid fields, a missing permission and an invalid token by code and details', async () => {
    const user = keyward.actingFor({ externalId: newId() });
    const invalid = await errorOf(user.createApiKey({ scopes: ['NOT A SCOPE'] }));
    expect([invalid.code, invalid.details.fields]).toEqual(['BAD_USER_INPUT', [{ path: 'input.scopes.0', message: expect.any(String) }]]);
    const limited = new client.KeywardManagement({ url, serviceToken: await newToken('users:read') });
    const forbidden = await errorOf(limited.disableUser('x'));
    expect([forbidden.code, forbidden.details.requiredPermission]).toEqual(['FORBIDDEN', 'users:write']);
    const unknown = new client.KeywardManagement({ url, serviceToken: 'svc_1a2b3c4d.unknown' });
    expect(await errorOf(unknown.users())).toMatchObject({ code: 'UNAUTHENTICATED', details: { requestId: expect.any(String) } });
    for (const each of [limited, unknown]) each.close();
  });

  test.each([
    ['is not reachable', null, 'network', 30_000],
    ['never answers', '', 'timeout', 300],
    ['answers with another page', '<html>', 'unexpected response', 30_000],
    ['answers without data', '{"data":null}', 'unexpected response', 30_000],
  ])('throws SERVICE_UNAVAILABLE if the server %s', async (_case, body, reason, timeoutMs) => {
    const server = createServer((_request, response) => body && response.end(body)).listen(0, '127.0.0.1');
    const port = await new Promise<number>((resolve) => server.on('listening', () => resolve((server.address() as AddressInfo).port)));
    const other = new client.KeywardManagement({ url: `http://127.0.0.1:${body === null ? 9 : port}`, serviceToken, timeoutMs });
    const error = await errorOf(other.users());
    other.close();
    server.closeAllConnections();
    server.close();
    expect([error.code, error.details]).toEqual(['SERVICE_UNAVAILABLE', { reason, retryAfterSeconds: 5 }]);
  });

  test('does not send a mutation again, because it could run twice', async () => {
    let requests = 0;
    const server = createServer((request, response) => {
      requests += 1;
      if (requests === 2) request.socket.destroy();
      else response.end('{"data":{"deleteUser":{"deleted":true}}}');
    }).listen(0, '127.0.0.1');
    const port = await new Promise<number>((resolve) => server.on('listening', () => resolve((server.address() as AddressInfo).port)));
    const other = new client.KeywardManagement({ url: `http://127.0.0.1:${port}`, serviceToken });
    await other.deleteUser('a');
    expect(await errorOf(other.deleteUser('a'))).toMatchObject({ details: { reason: 'network' } });
    other.close();
    server.closeAllConnections();
    server.close();
    expect(requests).toBe(2);
  });

  test('K2: no error and no inspected client contains the service token, a plaintext key or a value of the request', async () => {
    const canary = 'amos_1a2b3c4d.canary-canary-canary';
    const away = new client.KeywardManagement({ url: 'http://127.0.0.1:9', serviceToken });
    const errors = [
      await errorOf(keyward.findApiKey(canary)),
      await errorOf(keyward.upsertUser({ externalId: `\u0000${canary}` })),
      await errorOf(away.findApiKey(canary)),
    ];
    const shown = [keyward, keyward.actingFor({ externalId: 'a' }), ...errors].map((each) => inspect(each, { depth: 9, showHidden: true }));
    for (const text of shown) expect([text.includes('canary'), text.includes(serviceToken)]).toEqual([false, false]);
    expect(() => new client.KeywardManagement({ url, serviceToken: 'two words' })).toThrow('The `serviceToken` is required');
    away.close();
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import {
  ApiKeyDocument,
  CreateApiKeyDocument,
  MeDocument,
  MyApiKeyHistoryDocument,
  MyApiKeysDocument,
  MyAuditLogDocument,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
  UpdateApiKeyDocument,
} from '../../generated/graphql.js';
import { runSql } from '../../support/database.js';
import { dataOf, newKey } from '../../support/doors.js';
import { eventually } from '../../support/eventually.js';
import { actingFor, newExternalId, newService, type TestService } from '../../support/services.js';
import { codesOf, PATIENT, startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
let backend: TestService;
beforeAll(async () => {
  app = await startTestApp(PATIENT);
  backend = await newService(app, ['users:act'], { name: 'backend' });
});
afterAll(() => app.close());

const usersWith = (externalId: string) =>
  runSql<{ id: string }>(app.databaseUrl, 'SELECT id FROM users WHERE external_id = $1', [externalId]);

/** Creates a key for a user of the product, and returns what the service got. */
async function createFor(externalId: string, headers: Record<string, string> = {}) {
  return dataOf(await app.send(CreateApiKeyDocument, {}, actingFor(backend, externalId, headers))).createApiKey;
}

const HISTORY = { first: 20 };

describe('S3: a service that acts for a user', () => {
  test('uses every operation on keys, usage and the audit log as the user would', async () => {
    const options = actingFor(backend, newExternalId());
    const { plaintextKey, apiKey } = dataOf(
      await app.send(CreateApiKeyDocument, { input: { name: 'CI', scopes: ['a'] } }, options),
    ).createApiKey;
    expect(plaintextKey.startsWith(apiKey.keyPrefix)).toBe(true);
    expect(dataOf(await app.send(MyApiKeysDocument, {}, options)).myApiKeys.map(({ id }) => id)).toEqual([apiKey.id]);
    expect(dataOf(await app.send(ApiKeyDocument, { id: apiKey.id }, options)).apiKey?.name).toBe('CI');
    const update = { id: apiKey.id, input: { name: 'CD' } };
    expect(dataOf(await app.send(UpdateApiKeyDocument, update, options)).updateApiKey.apiKey.name).toBe('CD');
    const rotation = { id: apiKey.id, input: { gracePeriodSeconds: 0 } };
    const successor = dataOf(await app.send(RotateApiKeyDocument, rotation, options)).rotateApiKey.apiKey;
    expect(dataOf(await app.send(RevokeApiKeyDocument, { id: successor.id }, options)).revokeApiKey.apiKey.status).toBe('REVOKED');
    expect(dataOf(await app.send(MyApiKeyHistoryDocument, HISTORY, options)).myApiKeyHistory.edges).toHaveLength(2);
    const { edges } = dataOf(await app.send(MyAuditLogDocument, {}, options)).myAuditLog;
    expect(edges.map(({ node }) => node.action)).toEqual([
      'API_KEY_REVOKED',
      'API_KEY_ROTATED',
      'API_KEY_UPDATED',
      'API_KEY_CREATED',
      'USER_CREATED',
    ]);
  });

  test('creates an unknown user by createApiKey alone', async () => {
    const externalId = newExternalId();
    const options = actingFor(backend, externalId);
    const { id } = await newKey(app);
    const empty = { myApiKeys: [] };
    expect(dataOf(await app.send(MyApiKeysDocument, {}, options))).toEqual(empty);
    expect(dataOf(await app.send(MyApiKeyHistoryDocument, HISTORY, options)).myApiKeyHistory.edges).toEqual([]);
    expect(dataOf(await app.send(MyAuditLogDocument, {}, options)).myAuditLog.edges).toEqual([]);
    expect(codesOf(await app.send(MeDocument, {}, options))).toEqual(['NOT_FOUND']);
    expect(codesOf(await app.send(ApiKeyDocument, { id }, options))).toEqual(['FORBIDDEN']);
    expect(codesOf(await app.send(UpdateApiKeyDocument, { id, input: { name: 'mine' } }, options))).toEqual(['FORBIDDEN']);
    expect(codesOf(await app.send(RotateApiKeyDocument, { id }, options))).toEqual(['FORBIDDEN']);
    expect(codesOf(await app.send(RevokeApiKeyDocument, { id }, options))).toEqual(['FORBIDDEN']);
    // An input that is rejected creates no user either.
    expect(codesOf(await app.send(CreateApiKeyDocument, { input: { name: '' } }, options))).toEqual(['BAD_USER_INPUT']);
    expect(await usersWith(externalId)).toEqual([]);

    await createFor(externalId);
    const [user] = await usersWith(externalId);
    expect(dataOf(await app.send(MeDocument, {}, options)).me.id).toBe(user?.id);
  });

  test('creates one user by 20 parallel requests', async () => {
    const externalId = newExternalId();
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.send(CreateApiKeyDocument, {}, actingFor(backend, externalId))));
    expect(answers.flatMap(codesOf)).toEqual(Array(15).fill('API_KEY_LIMIT_REACHED'));
    expect(await usersWith(externalId)).toHaveLength(1);
  });

  test('K8: creates one user and one key by 20 parallel requests with one idempotency key', async () => {
    const externalId = newExternalId();
    const create = () => app.send(CreateApiKeyDocument, { idempotencyKey: 'once' }, actingFor(backend, externalId));
    const answers = await Promise.all(Array.from({ length: 20 }, create));
    const created = answers.flatMap(({ data }) => (data ? [data.createApiKey.apiKey.id] : []));
    expect(created).toHaveLength(1);
    const conflicts = answers.flatMap(({ errors }) => errors.map(({ extensions }) => [extensions.code, extensions.apiKeyId]));
    expect(conflicts).toEqual(Array(19).fill(['CONFLICT', created[0]]));
    expect(await usersWith(externalId)).toHaveLength(1);
  });

  test.each(['用户 🦊', 'a/b?c=d&e', 'x'.repeat(255), '🦊'.repeat(255), '-', 'A'])(
    'accepts the id %j, exactly as it is',
    async (externalId) => {
      await createFor(externalId);
      expect(await usersWith(externalId)).toHaveLength(1);
    },
  );

  test('is FORBIDDEN every operation for a disabled user, at the next request', async () => {
    const externalId = newExternalId();
    const { apiKey } = await createFor(externalId);
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = now() WHERE external_id = $1', [externalId]);
    const options = actingFor(backend, externalId);
    for (const document of [MeDocument, MyApiKeysDocument, MyAuditLogDocument, CreateApiKeyDocument]) {
      expect(codesOf(await app.send<unknown, object>(String(document), {}, options))).toEqual(['FORBIDDEN']);
    }
    expect(codesOf(await app.send(RevokeApiKeyDocument, { id: apiKey.id }, options))).toEqual(['FORBIDDEN']);
  });

  test.each([
    ['deleted', 'DELETE FROM users WHERE external_id = $1', [[], 1]],
    ['disabled', 'UPDATE users SET disabled_at = now() WHERE external_id = $1', [['FORBIDDEN'], 0]],
  ])('treats a user that was %s during the request as if it had been so before', async (_name, sql, [codes, keys]) => {
    const externalId = newExternalId();
    await createFor(externalId);
    await runSql(app.databaseUrl, 'DELETE FROM api_keys');
    const client = new pg.Client({ connectionString: app.databaseUrl });
    await client.connect();
    try {
      // The transaction holds the user's row, so that the request has read the user and waits.
      await client.query('BEGIN');
      await client.query(sql as string, [externalId]);
      const answer = app.send(CreateApiKeyDocument, {}, actingFor(backend, externalId));
      await eventually(
        async () => {
          const waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
          expect(await runSql(app.databaseUrl, waiting)).toHaveLength(1);
        },
        { withinMs: 5_000 },
      );
      await client.query('COMMIT');
      expect(codesOf(await answer)).toEqual(codes);
    } finally {
      await client.end();
    }
    const found = await runSql(app.databaseUrl, 'SELECT k.id FROM api_keys k JOIN users u ON u.id = k.user_id WHERE external_id = $1', [
      externalId,
    ]);
    expect(found).toHaveLength(keys as number);
  });

  test('cannot use a key of another user', async () => {
    const { apiKey } = await createFor(newExternalId());
    const externalId = newExternalId();
    await createFor(externalId);
    expect(codesOf(await app.send(RevokeApiKeyDocument, { id: apiKey.id }, actingFor(backend, externalId)))).toEqual(['FORBIDDEN']);
    const { edges } = dataOf(await app.send(MyAuditLogDocument, {}, actingFor(backend, externalId))).myAuditLog;
    expect(edges[0]?.node).toMatchObject({ action: 'ACCESS_REFUSED', actor: 'service:backend' });
  });
});

describe('S3: the headers of a service', () => {
  const query = '{ me { id } }';
  const post = (headers: Record<string, string | string[]>, body = query) =>
    app.http.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${backend.token}`, ...headers },
      payload: JSON.stringify({ query: body }),
    });

  test.each([
    ['empty', ''],
    ['of spaces', '%20%20'],
    ['with a wrong escape', 'a%2'],
    ['not UTF-8', '%ff%fe'],
    ['in Latin-1', 'Zoë'],
    ['with a control character', 'a%00b'],
    ['with a line break', 'a%0Ab'],
    ['of 256 characters', 'x'.repeat(256)],
    ['sent twice', ['one', 'two']],
    ['sent twice with one value', ['one', 'one']],
  ])('X-Keyward-On-Behalf-Of %s is 400, also for an operation that needs no credential', async (_name, value) => {
    for (const body of [query, 'mutation { verifyApiKey(input: { key: "x" }) { code } }']) {
      const response = await post({ 'x-keyward-on-behalf-of': value }, body);
      expect(response.statusCode).toBe(400);
      expect(response.json().errors[0]).toMatchObject({ message: expect.stringMatching(/^X-Keyward-On-Behalf-Of must be sent once/) });
    }
  });

  test('X-Keyward-Actor and X-Keyward-Client-Address in a wrong form are 400', async () => {
    for (const headers of [{ 'x-keyward-actor': '' }, { 'x-keyward-actor': 'x'.repeat(256) }, { 'x-keyward-client-address': '10.1' }]) {
      expect((await post({ 'x-keyward-on-behalf-of': 'u', ...headers } as Record<string, string>)).statusCode).toBe(400);
    }
  });

  test('are ignored with the token of a person, also in a wrong form', async () => {
    const { accessToken, user } = await app.newUser();
    for (const value of ['other', '%', '']) {
      const headers = { 'x-keyward-on-behalf-of': value, 'x-keyward-actor': 'boss' };
      expect(dataOf(await app.send(MeDocument, {}, { token: accessToken, headers })).me.id).toBe(user.id);
    }
  });

  test('S5: name who did it in the audit log and in createdBy, which a person cannot set', async () => {
    const externalId = newExternalId();
    const actor = { 'x-keyward-actor': encodeURIComponent('zoë@example.com'), 'x-keyward-client-address': '::ffff:203.0.113.9' };
    const { apiKey } = await createFor(externalId, actor);
    const created = await app.send(`{ apiKey(id: "${apiKey.id}") { createdBy events: keyPrefix } }`, {}, actingFor(backend, externalId));
    expect(created.data).toMatchObject({ apiKey: { createdBy: 'zoë@example.com' } });
    const { edges } = dataOf(await app.send(MyAuditLogDocument, {}, actingFor(backend, externalId))).myAuditLog;
    expect(edges.map(({ node }) => [node.actor, node.ipAddress])).toEqual(
      Array(2).fill(['service:backend/zoë@example.com', '203.0.113.9']),
    );
    expect(app.logs()).not.toContain('zoë@example.com');

    const { accessToken } = await app.newUser();
    const own = dataOf(await app.send(CreateApiKeyDocument, {}, { token: accessToken, headers: actor })).createApiKey;
    const mine = await app.send(`{ apiKey(id: "${own.apiKey.id}") { createdBy } }`, {}, { token: accessToken });
    expect(mine.data).toEqual({ apiKey: { createdBy: null } });
    const log = dataOf(await app.send(MyAuditLogDocument, {}, { token: accessToken })).myAuditLog;
    expect(log.edges.map(({ node }) => [node.actor, node.ipAddress])).toEqual(Array(2).fill(['user', '127.0.0.1']));
  });

  test('without an actor, createdBy is null and the actor is the service', async () => {
    const externalId = newExternalId();
    const { apiKey } = await createFor(externalId);
    const answer = await app.send(`{ apiKey(id: "${apiKey.id}") { createdBy } }`, {}, actingFor(backend, externalId));
    expect(answer.data).toEqual({ apiKey: { createdBy: null } });
    const { edges } = dataOf(await app.send(MyAuditLogDocument, {}, actingFor(backend, externalId))).myAuditLog;
    expect(edges[0]?.node).toMatchObject({ actor: 'service:backend', ipAddress: '127.0.0.1' });
  });
});

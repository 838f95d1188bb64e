import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { bodySchemaOf, EVENT_TYPES, type EventType } from '../../src/webhooks/event-types.js';
import {
  CreateApiKeyDocument,
  DeleteUserDocument,
  DisableUserDocument,
  EnableUserDocument,
  RevokeApiKeyDocument,
  RotateApiKeyDocument,
  TestWebhookEndpointDocument,
  UpdateApiKeyDocument,
  UpsertUserDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf } from '../support/doors.js';
import { actingFor, newExternalId, type TestService } from '../support/services.js';
import { codesOf, type TestApp } from '../support/test-app.js';
import { sendDue, startWebhookApp, type WebhookApp } from '../support/webhook-app.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

let webhooks: WebhookApp;
let app: TestApp;
let backend: TestService;
let receiver: WebhookReceiver;
let endpointId: string;
const plaintexts: string[] = [];

beforeAll(async () => {
  webhooks = await startWebhookApp(['users:act', 'users:write', 'webhooks:manage']);
  ({ app, backend, receiver } = webhooks);
});
afterAll(() => webhooks.close());
beforeEach(async () => {
  endpointId = await webhooks.renew();
});

async function newKeyOf(externalId: string): Promise<{ id: string; keyPrefix: string }> {
  const created = dataOf(await app.send(CreateApiKeyDocument, { input: { name: 'ci' } }, actingFor(backend, externalId))).createApiKey;
  plaintexts.push(created.plaintextKey);
  return created.apiKey;
}

/** Makes one change of each kind, and sends its event. */
async function oneOfEach(): Promise<void> {
  const externalId = newExternalId();
  const as = actingFor(backend, externalId, { 'x-keyward-actor': 'ada' });
  const by = { token: backend.token };
  const { id } = await newKeyOf(externalId);
  dataOf(await app.send(UpdateApiKeyDocument, { id, input: { name: 'deploy', scopes: ['orders:read'] } }, as));
  const rotated = dataOf(await app.send(RotateApiKeyDocument, { id, input: { gracePeriodSeconds: 60 } }, as)).rotateApiKey;
  plaintexts.push(rotated.plaintextKey);
  dataOf(await app.send(RevokeApiKeyDocument, { id: rotated.apiKey.id, reason: 'leaked' }, as));
  const { user } = dataOf(await app.send(UpsertUserDocument, { input: { externalId, trustedMetadata: { plan: 'pro' } } }, by)).upsertUser;
  dataOf(await app.send(DisableUserDocument, { id: user.id }, by));
  dataOf(await app.send(EnableUserDocument, { id: user.id }, by));
  dataOf(await app.send(DeleteUserDocument, { id: user.id }, by));
  dataOf(await app.send(TestWebhookEndpointDocument, { id: endpointId }, by));
  await sendDue(app);
}

describe('webhook events', () => {
  test('report each change of a user and a key with the state after it, and a deletion alone', async () => {
    await oneOfEach();
    const expected = ['created', 'updated', 'rotated', 'revoked'].map((name) => `api_key.${name}`);
    const ofUsers = ['created', 'updated', 'disabled', 'enabled', 'deleted'].map((name) => `user.${name}`);
    expect([...receiver.types].sort()).toEqual([...expected, ...ofUsers, 'webhook.test'].sort());
    const dataOfType = (type: string) => receiver.events.find((event) => event.type === type)?.data;
    expect(dataOfType('api_key.updated')).toMatchObject({
      actor: 'service:backend/ada',
      apiKey: { name: 'deploy', scopes: ['orders:read'] },
      changed: ['name', 'scopes'],
    });
    expect(dataOfType('api_key.rotated')).toMatchObject({ replacedBy: { id: dataOfType('api_key.revoked')?.apiKey?.id } });
    expect(dataOfType('api_key.revoked')).toMatchObject({ apiKey: { revokedReason: 'leaked', revokedAt: app.clock.now().toISOString() } });
    expect(dataOfType('user.disabled')).toMatchObject({ user: { disabledAt: app.clock.now().toISOString() } });
    expect(dataOfType('user.enabled')).toMatchObject({ user: { disabledAt: null, trustedMetadata: { plan: 'pro' } } });
  });

  test('E5: match their JSON Schema and hold no secret, hash, password or token', async () => {
    await oneOfEach();
    const hashes = await runSql<{ hash: string }>(app.databaseUrl, `SELECT hashed_key AS hash FROM api_keys`);
    const stored = JSON.stringify(await runSql(app.databaseUrl, 'SELECT * FROM webhook_events'));
    for (const { body, type } of receiver.events) {
      expect(EVENT_TYPES).toContain(type);
      expect(() => bodySchemaOf(type as EventType).parse(JSON.parse(body))).not.toThrow();
    }
    const sent = receiver.events.map(({ body }) => body).join() + stored;
    for (const plaintext of plaintexts) {
      const secret = plaintext.slice(plaintext.indexOf('.') + 1);
      for (const form of [secret, Buffer.from(plaintext).toString('hex'), Buffer.from(plaintext).toString('base64')]) {
        expect(sent).not.toContain(form);
      }
    }
    for (const { hash } of hashes) expect(sent).not.toContain(hash);
    expect(sent).not.toMatch(/\$2[aby]\$|svc_[0-9a-f]{8}\.|whsec_|fingerprint|passwordHash|hashedKey/);
  });

  test('E5: are below 20 kB with the longest settings that a key can have', async () => {
    const scopes = Array.from({ length: 50 }, (_, index) => `${'s'.repeat(61)}:${String(index).padStart(2, '0')}`);
    const allowedCidrs = Array.from({ length: 50 }, (_, index) => `2001:db8:1111:2222:3333:4444:5555:${(4096 + index).toString(16)}/128`);
    const metadata = { text: 'ü'.repeat(2_000) };
    const input = { name: '"'.repeat(100), scopes, allowedCidrs, metadata, trustedMetadata: metadata };
    const as = actingFor(backend, 'ü'.repeat(250), { 'x-keyward-actor': encodeURIComponent('ü'.repeat(250)) });
    const { apiKey } = dataOf(await app.send(CreateApiKeyDocument, { input }, as)).createApiKey;
    dataOf(await app.send(UpdateApiKeyDocument, { id: apiKey.id, input }, as));
    dataOf(await app.send(RevokeApiKeyDocument, { id: apiKey.id, reason: 'ü'.repeat(500) }, as));
    await sendDue(app);
    expect(receiver.events.length).toBe(4);
    for (const { body } of receiver.events) expect(Buffer.byteLength(body)).toBeLessThan(20_000);
  });

  test('are not written while there is no endpoint', async () => {
    await runSql(app.databaseUrl, 'DELETE FROM webhook_endpoints');
    await newKeyOf(newExternalId());
    expect(await runSql(app.databaseUrl, 'SELECT FROM webhook_events')).toEqual([]);
  });

  test('of one key arrive in the order of the changes', async () => {
    const externalId = newExternalId();
    const { id } = await newKeyOf(externalId);
    for (let index = 0; index < 20; index += 1) {
      dataOf(await app.send(UpdateApiKeyDocument, { id, input: { name: `n${index}` } }, actingFor(backend, externalId)));
    }
    await sendDue(app);
    const names = receiver.events
      .filter(({ type }) => type === 'api_key.updated')
      .map(({ data }) => (data.apiKey as { name?: string }).name);
    expect(names).toEqual(Array.from({ length: 20 }, (_, index) => `n${index}`));
  });

  test.each(['webhook_events', 'webhook_deliveries'])('F8: a change does not happen if %s cannot be written', async (table) => {
    const externalId = newExternalId();
    const { id } = await newKeyOf(externalId);
    const state = `SELECT (SELECT to_jsonb(k) FROM api_keys k WHERE id = '${id}') AS key, (SELECT count(*) FROM audit_events) AS events`;
    const before = await runSql(app.databaseUrl, state);
    await runSql(app.databaseUrl, `ALTER TABLE ${table} ADD CONSTRAINT broken CHECK (false) NOT VALID`);
    try {
      const answer = await app.send(RevokeApiKeyDocument, { id }, actingFor(backend, externalId));
      expect(codesOf(answer)).toEqual(['INTERNAL_SERVER_ERROR']);
      expect(await runSql(app.databaseUrl, state)).toEqual(before);
    } finally {
      await runSql(app.databaseUrl, `ALTER TABLE ${table} DROP CONSTRAINT broken`);
    }
    dataOf(await app.send(RevokeApiKeyDocument, { id }, actingFor(backend, externalId)));
  });
});

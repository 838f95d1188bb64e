import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  AuditLogDocument,
  CreateWebhookEndpointDocument,
  DeleteWebhookEndpointDocument,
  RedeliverWebhooksDocument,
  RotateWebhookSecretDocument,
  TestWebhookEndpointDocument,
  UpdateWebhookEndpointDocument,
  WebhookDeliveriesDocument,
  type WebhookEndpointInput,
  WebhookEndpointsDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf } from '../support/doors.js';
import { insertEndpoint } from '../support/notices.js';
import { newService, type TestService } from '../support/services.js';
import { type Answer, codesOf, startTestApp, type TestApp } from '../support/test-app.js';
import { LOCAL_TARGETS, sendDue } from '../support/webhook-app.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const PUBLIC_URL = 'https://hooks.example.com/keyward';
const UNKNOWN_ID = '01a20538-5745-77c0-8216-711042d53509';
const DISABLED_BY_HAND = 'Disabled by a service or by the operator.';

/** Every operation on webhooks, for the endpoint with an id. */
const OPERATIONS = [
  { name: 'webhookEndpoints', document: WebhookEndpointsDocument, variables: () => ({}) },
  { name: 'webhookDeliveries', document: WebhookDeliveriesDocument, variables: (id: string) => ({ endpointId: id }) },
  { name: 'createWebhookEndpoint', document: CreateWebhookEndpointDocument, variables: () => ({ input: { url: PUBLIC_URL } }) },
  {
    name: 'updateWebhookEndpoint',
    document: UpdateWebhookEndpointDocument,
    variables: (id: string) => ({ id, input: { enabled: false } }),
  },
  { name: 'rotateWebhookSecret', document: RotateWebhookSecretDocument, variables: (id: string) => ({ id }) },
  { name: 'deleteWebhookEndpoint', document: DeleteWebhookEndpointDocument, variables: (id: string) => ({ id }) },
  { name: 'testWebhookEndpoint', document: TestWebhookEndpointDocument, variables: (id: string) => ({ id }) },
  {
    name: 'redeliverWebhooks',
    document: RedeliverWebhooksDocument,
    variables: (id: string) => ({ endpointId: id, since: '2026-01-31T00:00:00.000Z' }),
  },
];
const OF_ONE_ENDPOINT = OPERATIONS.filter(({ name }) => !['webhookEndpoints', 'createWebhookEndpoint'].includes(name));

/** It may send to this machine. */
let app: TestApp;
/** It may send to public addresses only. */
let strict: TestApp;
let backend: TestService;
let strictBackend: TestService;
let receiver: WebhookReceiver;

beforeAll(async () => {
  [app, strict] = await Promise.all([startTestApp(LOCAL_TARGETS), startTestApp()]);
  backend = await newService(app, ['webhooks:manage', 'audit:read'], { name: 'backend' });
  strictBackend = await newService(strict, ['webhooks:manage']);
  receiver = await new WebhookReceiver().start();
});
afterAll(async () => {
  receiver.close();
  await Promise.all([app.close(), strict.close()]);
});
beforeEach(async () => {
  await runSql(app.databaseUrl, 'TRUNCATE webhook_endpoints, webhook_events, webhook_deliveries');
  receiver.events.length = 0;
});

const by = (service: TestService) => ({ token: service.token });
const create = async (input: WebhookEndpointInput) =>
  dataOf(await app.send(CreateWebhookEndpointDocument, { input }, by(backend))).createWebhookEndpoint;
const update = async (id: string, input: WebhookEndpointInput) =>
  dataOf(await app.send(UpdateWebhookEndpointDocument, { id, input }, by(backend))).updateWebhookEndpoint.endpoint;
const rotate = async (id: string, overlapSeconds: number) =>
  dataOf(await app.send(RotateWebhookSecretDocument, { id, overlapSeconds }, by(backend))).rotateWebhookSecret.secret;
const remove = (id: string) => app.send(DeleteWebhookEndpointDocument, { id }, by(backend));
const queueTest = async (id: string) =>
  dataOf(await app.send(TestWebhookEndpointDocument, { id }, by(backend))).testWebhookEndpoint.delivery;
const list = async () => (await app.ask(WebhookEndpointsDocument, {}, backend.token)).webhookEndpoints;
const deliveries = async (endpointId: string) =>
  (await app.ask(WebhookDeliveriesDocument, { endpointId }, backend.token)).webhookDeliveries.edges.map(({ node }) => node);
/** Returns the audit events since a time, oldest first. */
const auditedSince = async (since: Date) =>
  (await app.ask(AuditLogDocument, { first: 20 }, backend.token)).auditLog.edges
    .map(({ node }) => node)
    .filter(({ at }) => new Date(at) >= since)
    .reverse();
const faultsOf = ({ errors }: Answer<unknown>) =>
  ((errors[0]?.extensions.fields ?? []) as { path: string; message: string }[]).map(({ path, message }) => `${path} ${message}`);
/** Sends a test event, and returns the signatures of the request. */
const signaturesOf = async (id: string): Promise<number> => {
  await queueTest(id);
  await sendDue(app);
  return (receiver.events.at(-1)?.headers['webhook-signature'] ?? '').split(' ').length;
};

describe('createWebhookEndpoint', () => {
  test('returns the settings and a secret, which no later response, row or line of the log contains', async () => {
    const input = { url: receiver.url, description: 'CRM', eventTypes: ['api_key.created', 'user.deleted', 'api_key.created'] };
    const { endpoint, secret } = await create(input);
    expect(endpoint).toEqual({
      id: expect.any(String),
      url: receiver.url,
      description: 'CRM',
      eventTypes: ['api_key.created', 'user.deleted'],
      createdAt: app.clock.now().toISOString(),
      disabledAt: null,
      disabledReason: null,
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);

    const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const { sealedSecret } = await app.database.webhookEndpoint.findUniqueOrThrow({ where: { id: endpoint.id } });
    // Id of the key, random IV, tag and ciphertext.
    expect(sealedSecret).toHaveLength(8 + 12 + 16 + bytes.length);
    await update(endpoint.id, { description: 'CRM 2' });
    await queueTest(endpoint.id);
    await sendDue(app);
    const answers = [await list(), await deliveries(endpoint.id), await auditedSince(new Date(0))];
    const rows = await runSql(
      app.databaseUrl,
      `SELECT (SELECT json_agg(p) FROM webhook_endpoints p) AS endpoints, (SELECT json_agg(e) FROM webhook_events e) AS events,
         (SELECT json_agg(a) FROM audit_events a) AS audit`,
    );
    const everywhere = [JSON.stringify(answers), JSON.stringify(rows), app.logs(), JSON.stringify(receiver.events)].join();
    for (const form of [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')])
      expect(everywhere).not.toContain(form);
  });

  test('gives each endpoint a secret of its own, and lists them in the order of their creation', async () => {
    const secrets = [];
    for (const description of ['first', 'second', 'third']) {
      secrets.push((await create({ url: receiver.url, description })).secret);
      app.clock.advanceSeconds(1);
    }
    expect(new Set(secrets).size).toBe(3);
    expect((await list()).map(({ description }) => description)).toEqual(['first', 'second', 'third']);
  });

  test('accepts the longest URL and the longest description', async () => {
    const [url, description] = [PUBLIC_URL.padEnd(2_000, 'x'), '😀'.repeat(500)];
    expect((await create({ url, description })).endpoint).toMatchObject({ url, description });
  });

  test('creates a disabled endpoint, which gets no event', async () => {
    const { endpoint } = await create({ url: receiver.url, enabled: false });
    expect(endpoint).toMatchObject({ disabledAt: app.clock.now().toISOString(), disabledReason: DISABLED_BY_HAND });
    await app.newUser();
    expect(await deliveries(endpoint.id)).toEqual([]);
    expect(codesOf(await app.send(TestWebhookEndpointDocument, { id: endpoint.id }, by(backend)))).toEqual(['CONFLICT']);
  });

  test('creates at most 50 endpoints, also at the same time', async () => {
    await runSql(
      app.databaseUrl,
      `INSERT INTO webhook_endpoints (id, url, sealed_secret, created_at)
       SELECT gen_random_uuid(), $1, '\\x00', $2 FROM generate_series(1, 48)`,
      [PUBLIC_URL, app.clock.now()],
    );
    const input = { url: PUBLIC_URL };
    const creations = Array.from({ length: 10 }, () => app.send(CreateWebhookEndpointDocument, { input }, by(backend)));
    expect((await Promise.all(creations)).flatMap(codesOf)).toEqual(Array(8).fill('CONFLICT'));
    expect(await list()).toHaveLength(50);
  });
});

const INVALID: { input: WebhookEndpointInput; problems: string[] }[] = [
  { input: { url: null }, problems: ['input.url must not be null'] },
  { input: { url: '' }, problems: ['input.url must be an absolute URL'] },
  { input: { url: 'http://sesame.example.com/' }, problems: ['input.url must begin with https://'] },
  { input: { url: 'ftp://sesame.example.com/' }, problems: ['input.url must begin with https://'] },
  { input: { url: 'https://user:sesame@app.example.com/' }, problems: ['input.url must have no user name, password'] },
  { input: { url: 'https://app.example.com/#sesame' }, problems: ['input.url must have no user name, password or fragment'] },
  { input: { url: 'https://10.0.0.1/sesame' }, problems: ['input.url must not lead to an address that is not public'] },
  { input: { url: 'https://[::ffff:169.254.169.254]/sesame' }, problems: ['input.url must not lead to an address that is not public'] },
  { input: { url: 'https://app.example.com:22/sesame' }, problems: ['input.url must have the port 443 or a port above 1023'] },
  { input: { url: PUBLIC_URL.padEnd(2_001, 'sesame') }, problems: ['input.url must be at most 2000 characters long'] },
  { input: { url: PUBLIC_URL, description: 'x'.repeat(501) }, problems: ['input.description must be at most 500 characters long'] },
  { input: { url: PUBLIC_URL, description: ' ' }, problems: ['input.description must not be empty'] },
  { input: { url: PUBLIC_URL, description: 'sesame\u0000' }, problems: ['input.description must not contain control characters'] },
  {
    input: { url: PUBLIC_URL, eventTypes: ['api_key.created', 'sesame'] },
    problems: ['input.eventTypes item 2 is unknown. The types are api_key.created, '],
  },
  { input: { url: PUBLIC_URL, eventTypes: ['webhook.test'] }, problems: ['input.eventTypes item 1 is unknown'] },
  { input: { url: PUBLIC_URL, eventTypes: null }, problems: ['input.eventTypes must not be null'] },
  { input: { url: PUBLIC_URL, enabled: null }, problems: ['input.enabled must not be null'] },
  {
    input: { url: 'sesame', description: '', eventTypes: ['sesame'], enabled: null },
    problems: ['input.url must', 'input.description must', 'input.eventTypes item 1', 'input.enabled must'],
  },
];

describe('the settings of an endpoint', () => {
  test.each(INVALID)('are rejected with $problems and without their values, and nothing changes', async ({ input, problems }) => {
    const state = () => runSql(strict.databaseUrl, 'SELECT * FROM webhook_endpoints ORDER BY id');
    const id = (await state())[0]?.id ?? (await insertEndpoint(strict, strict.clock.now()));
    const before = await state();
    const answers = [
      await strict.send(CreateWebhookEndpointDocument, { input }, by(strictBackend)),
      await strict.send(UpdateWebhookEndpointDocument, { id, input }, by(strictBackend)),
    ];
    for (const answer of answers) {
      expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
      expect(faultsOf(answer)).toEqual(problems.map((problem) => expect.stringContaining(problem)));
      expect(answer.text).not.toContain('sesame');
    }
    expect(await state()).toEqual(before);
  });

  test('require a URL for a new endpoint', async () => {
    const answer = await strict.send(CreateWebhookEndpointDocument, { input: {} }, by(strictBackend));
    expect(faultsOf(answer)).toEqual(['input.url is required']);
  });
});

describe('updateWebhookEndpoint', () => {
  test('leaves an absent field unchanged, and clears the description with null and the types with an empty list', async () => {
    const { endpoint } = await create({ url: receiver.url, description: 'CRM', eventTypes: ['user.created'] });
    const { id } = endpoint;
    expect(await update(id, {})).toEqual(endpoint);
    expect(await update(id, { description: null })).toEqual({ ...endpoint, description: null });
    expect(await update(id, { eventTypes: [] })).toEqual({ ...endpoint, description: null, eventTypes: [] });
    expect(await update(id, { url: PUBLIC_URL })).toEqual({ ...endpoint, url: PUBLIC_URL, description: null, eventTypes: [] });
    expect(await list()).toEqual([{ ...endpoint, url: PUBLIC_URL, description: null, eventTypes: [] }]);
  });

  test('with enabled false sends nothing, and with enabled true sends what was pending', async () => {
    const { endpoint } = await create({ url: receiver.url });
    const { id } = endpoint;
    await queueTest(id);
    const disabledAt = app.clock.now().toISOString();
    expect(await update(id, { enabled: false })).toEqual({ ...endpoint, disabledAt, disabledReason: DISABLED_BY_HAND });
    await app.newUser();
    app.clock.advanceSeconds(60);
    await sendDue(app);
    expect(receiver.events).toEqual([]);
    expect(await update(id, { enabled: false, description: 'paused' })).toMatchObject({ disabledAt, description: 'paused' });
    expect(await update(id, { enabled: true, description: null })).toEqual(endpoint);
    await sendDue(app);
    expect(receiver.types).toEqual(['webhook.test']);
  });

  test('applies to the events that follow', async () => {
    const { endpoint } = await create({ url: PUBLIC_URL, eventTypes: ['user.deleted'] });
    await app.newUser();
    await update(endpoint.id, { url: receiver.url, eventTypes: ['user.created'] });
    await app.newUser();
    await sendDue(app);
    expect(receiver.types).toEqual(['user.created']);
  });
});

describe('rotateWebhookSecret', () => {
  test('E2: signs with both secrets until the overlap ends, and an earlier secret ends with the next rotation', async () => {
    const { endpoint, secret } = await create({ url: receiver.url });
    const { id } = endpoint;
    expect(await signaturesOf(id)).toBe(1);
    const second = await rotate(id, 3_600);
    app.clock.advanceSeconds(3_599);
    expect(await signaturesOf(id)).toBe(2);
    const third = await rotate(id, 60);
    expect(new Set([secret, second, third]).size).toBe(3);
    expect(await signaturesOf(id)).toBe(2);
    app.clock.advanceSeconds(60);
    expect(await signaturesOf(id)).toBe(1);
    await rotate(id, 60);
    await rotate(id, 0);
    expect(await signaturesOf(id)).toBe(1);
  });

  test.each([-1, 2_592_001])('rejects an overlap of %d s, and keeps the secret', async (overlapSeconds) => {
    const { endpoint } = await create({ url: receiver.url });
    const before = await app.database.webhookEndpoint.findMany();
    const answer = await app.send(RotateWebhookSecretDocument, { id: endpoint.id, overlapSeconds }, by(backend));
    expect(faultsOf(answer)).toEqual(['overlapSeconds must be from 0 to 2592000']);
    expect(await app.database.webhookEndpoint.findMany()).toEqual(before);
  });
});

describe('deleteWebhookEndpoint', () => {
  test('deletes the endpoint: what is pending is not sent, and its deliveries are removed', async () => {
    const [{ endpoint: deleted }, { endpoint: kept }] = [await create({ url: receiver.url }), await create({ url: receiver.url })];
    for (const { id } of [deleted, kept]) await queueTest(id);
    expect(dataOf(await remove(deleted.id))).toEqual({ deleteWebhookEndpoint: { deleted: true } });
    expect(await list()).toEqual([kept]);
    await sendDue(app);
    expect(receiver.events.map(({ data }) => data.webhookEndpointId)).toEqual([kept.id]);
    await app.webhookJobs.prune();
    const rows = await app.database.webhookDelivery.findMany();
    expect(rows.map(({ endpointId }) => endpointId)).toEqual([kept.id]);
    expect(codesOf(await remove(deleted.id))).toEqual(['NOT_FOUND']);
  });
});

describe('testWebhookEndpoint', () => {
  test('sends one test event to its endpoint alone, whatever the types of the endpoint', async () => {
    const { endpoint } = await create({ url: receiver.url, eventTypes: ['user.deleted'] });
    const { endpoint: other } = await create({ url: receiver.url });
    const now = app.clock.now().toISOString();
    const delivery = await queueTest(endpoint.id);
    expect(delivery).toEqual({
      id: expect.any(String),
      eventId: expect.any(String),
      eventType: 'webhook.test',
      createdAt: now,
      status: 'PENDING',
      attempts: 0,
      lastAttemptAt: null,
      nextAttemptAt: now,
      lastStatusCode: null,
      lastError: null,
    });
    await sendDue(app);
    expect(receiver.events.map(({ id, body }) => ({ id, body: JSON.parse(body) }))).toEqual([
      {
        id: delivery.eventId,
        body: { type: 'webhook.test', timestamp: now, data: { actor: 'service:backend', webhookEndpointId: endpoint.id } },
      },
    ]);
    expect(await deliveries(endpoint.id)).toEqual([
      { ...delivery, status: 'DELIVERED', attempts: 1, lastAttemptAt: now, nextAttemptAt: null, lastStatusCode: 204 },
    ]);
    expect(await deliveries(other.id)).toEqual([]);
  });
});

describe('an operation on webhooks', () => {
  test.each(OPERATIONS)('$name requires webhooks:manage', async ({ document, variables }) => {
    const others = await newService(app, ['users:act', 'users:write', 'keys:verify', 'audit:read']);
    const { endpoint } = await create({ url: receiver.url });
    const before = await runSql(app.databaseUrl, 'SELECT * FROM webhook_endpoints');
    const answer = await app.send(String(document), variables(endpoint.id), by(others));
    expect(answer.errors.map(({ extensions }) => extensions)).toEqual([
      expect.objectContaining({ code: 'FORBIDDEN', requiredPermission: 'webhooks:manage' }),
    ]);
    expect(codesOf(await app.send(String(document), variables(endpoint.id)))).toEqual(['UNAUTHENTICATED']);
    expect(await runSql(app.databaseUrl, 'SELECT * FROM webhook_endpoints')).toEqual(before);
    expect(await runSql(app.databaseUrl, 'SELECT FROM webhook_deliveries')).toEqual([]);
  });

  test.each(OF_ONE_ENDPOINT)('$name returns NOT_FOUND for an unknown ID and for a text that is no ID', async ({ document, variables }) => {
    for (const id of [UNKNOWN_ID, 'sesame', '']) {
      const answer = await app.send(String(document), variables(id), by(backend));
      expect(answer.errors).toMatchObject([{ message: 'There is no webhook endpoint with this ID.', extensions: { code: 'NOT_FOUND' } }]);
    }
  });

  test('L2: that changes an endpoint is in the audit log, without the URL, and what changes nothing is not', async () => {
    app.clock.advanceSeconds(1);
    const since = app.clock.now();
    const { endpoint } = await create({ url: `${receiver.url}?token=sesame`, eventTypes: ['user.created'] });
    const { id } = endpoint;
    const changes: (() => Promise<unknown>)[] = [
      () => update(id, { url: receiver.url, description: null }),
      () => update(id, {}),
      () => update(id, { enabled: true }),
      () => update(id, { enabled: false }),
      () => update(id, { enabled: false }),
      () => update(id, { enabled: true, eventTypes: [] }),
      () => rotate(id, 60),
      () => rotate(id, 0),
      () => remove(id),
    ];
    let rotatedAt = since;
    for (const [index, change] of changes.entries()) {
      app.clock.advanceSeconds(1);
      if (index === 6) rotatedAt = app.clock.now();
      await change();
    }
    const events = await auditedSince(since);
    const details = { webhookEndpointId: id, actor: 'service:backend' };
    expect(events.map((event) => ({ action: event.action, details: event.details }))).toEqual([
      { action: 'WEBHOOK_ENDPOINT_CREATED', details: { ...details, eventTypes: ['user.created'] } },
      { action: 'WEBHOOK_ENDPOINT_UPDATED', details: { ...details, changed: ['url', 'description'] } },
      { action: 'WEBHOOK_ENDPOINT_DISABLED', details: { ...details, changed: ['enabled'], reason: DISABLED_BY_HAND } },
      { action: 'WEBHOOK_ENDPOINT_UPDATED', details: { ...details, changed: ['eventTypes', 'enabled'] } },
      {
        action: 'WEBHOOK_SECRET_ROTATED',
        details: { ...details, previousSecretExpiresAt: new Date(rotatedAt.getTime() + 60_000).toISOString() },
      },
      { action: 'WEBHOOK_SECRET_ROTATED', details: { ...details, previousSecretExpiresAt: null } },
      { action: 'WEBHOOK_ENDPOINT_DELETED', details },
    ]);
    expect(JSON.stringify(events)).not.toContain('sesame');
    expect(app.logs()).not.toContain('sesame');
  });
});

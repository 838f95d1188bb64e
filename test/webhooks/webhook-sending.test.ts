import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import {
  AuditLogDocument,
  RotateWebhookSecretDocument,
  TestWebhookEndpointDocument,
  UpdateWebhookEndpointDocument,
  WebhookDeliveriesDocument,
  WebhookEndpointsDocument,
} from '../generated/graphql.js';
import { runSql, terminateConnections } from '../support/database.js';
import { DOORS, dataOf, newKey } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { newService, type TestService } from '../support/services.js';
import { startReplicas, startTestApp, type TestApp } from '../support/test-app.js';
import { TestClock } from '../support/test-clock.js';
import { LOCAL_TARGETS, newEndpoint, sendDue } from '../support/webhook-app.js';
import { answerWith, WebhookReceiver } from '../support/webhook-receiver.js';

/** Seconds between the attempts. */
const SCHEDULE = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

let app: TestApp;
let backend: TestService;
let receiver: WebhookReceiver;
let endpoint: { id: string; secret: string };

beforeEach(async () => {
  app = await startTestApp(LOCAL_TARGETS);
  backend = await newService(app, ['users:act', 'webhooks:manage', 'audit:read'], { name: 'backend' });
  receiver = await new WebhookReceiver().start();
  endpoint = await newEndpoint(app, backend, { url: receiver.url });
});
afterEach(async () => {
  receiver.close();
  await app.close();
});

const queueTest = async () =>
  dataOf(await app.send(TestWebhookEndpointDocument, { id: endpoint.id }, { token: backend.token })).testWebhookEndpoint.delivery;
const deliveries = async () =>
  (await app.ask(WebhookDeliveriesDocument, { endpointId: endpoint.id }, backend.token)).webhookDeliveries.edges.map(({ node }) => node);
const endpoints = async () => (await app.ask(WebhookEndpointsDocument, {}, backend.token)).webhookEndpoints;
/** Returns what the receiver's library says about the last request. The library compares with the time of the system. */
const isAccepted = (secret: string) => {
  const headers: Record<string, string> = receiver.events.at(-1)?.headers ?? {};
  const body = receiver.events.at(-1)?.body ?? '';
  const webhook = new Webhook(secret);
  const signature = webhook.sign(headers['webhook-id'] ?? '', new Date(Number(headers['webhook-timestamp']) * 1_000), body);
  return (headers['webhook-signature'] ?? '').split(' ').includes(signature);
};

describe('a delivery', () => {
  test('E2: is signed by Standard Webhooks, with both secrets until the overlap of a rotation ends', async () => {
    await queueTest();
    await sendDue(app);
    expect(isAccepted(endpoint.secret)).toBe(true);
    const rotate = { id: endpoint.id, overlapSeconds: 60 };
    const { secret } = dataOf(await app.send(RotateWebhookSecretDocument, rotate, { token: backend.token })).rotateWebhookSecret;
    await queueTest();
    await sendDue(app);
    expect([isAccepted(endpoint.secret), isAccepted(secret)]).toEqual([true, true]);
    app.clock.advanceSeconds(60);
    await queueTest();
    await sendDue(app);
    expect([isAccepted(endpoint.secret), isAccepted(secret)]).toEqual([false, true]);
  });

  test('E2: is accepted by the package standardwebhooks with the secret of its endpoint only', async () => {
    const now = await startTestApp({ ...LOCAL_TARGETS, clock: new TestClock(new Date().toISOString()) });
    const service = await newService(now, ['users:act', 'webhooks:manage']);
    const { secret } = await newEndpoint(now, service, { url: receiver.url });
    await newKey(now);
    await sendDue(now);
    await now.close();
    expect(receiver.types).toEqual(['user.created', 'api_key.created']);
    for (const { body, headers } of receiver.events) {
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
      expect(() => new Webhook(secret).verify(body.replace('created', 'revoked'), headers)).toThrow('No matching signature found');
      expect(() => new Webhook(endpoint.secret).verify(body, headers)).toThrow('No matching signature found');
    }
  });

  test('E4: is attempted ten times on schedule with one id, and then FAILED', async () => {
    receiver.answer = answerWith(500);
    const { eventId } = await queueTest();
    for (const [index, seconds] of SCHEDULE.entries()) {
      await sendDue(app);
      expect(await deliveries()).toMatchObject([
        {
          status: 'PENDING',
          attempts: index + 1,
          lastStatusCode: 500,
          lastError: 'HTTP status 500',
          nextAttemptAt: new Date(app.clock.now().getTime() + seconds * 1_000).toISOString(),
        },
      ]);
      app.clock.advanceSeconds(seconds - 1);
      await sendDue(app);
      expect(receiver.events).toHaveLength(index + 1);
      app.clock.advanceSeconds(1);
    }
    await sendDue(app);
    expect(await deliveries()).toMatchObject([{ status: 'FAILED', attempts: 10, nextAttemptAt: null }]);
    expect(new Set(receiver.events.map(({ id }) => id))).toEqual(new Set([eventId]));
  });

  test('E4: waits at least for Retry-After', async () => {
    receiver.answer = answerWith(503, { 'retry-after': '120' });
    await queueTest();
    await sendDue(app);
    app.clock.advanceSeconds(119);
    receiver.answer = answerWith(200);
    await sendDue(app);
    expect(receiver.events).toHaveLength(1);
    app.clock.advanceSeconds(1);
    await sendDue(app);
    expect(await deliveries()).toMatchObject([{ status: 'DELIVERED', attempts: 2, lastStatusCode: 200, lastError: null }]);
  });

  test('E4: with the answer 101 Switching Protocols fails and is attempted again', async () => {
    receiver.answer = answerWith(101, { connection: 'Upgrade', upgrade: 'websocket' });
    await queueTest();
    await sendDue(app);
    const lastError = 'Connection failed (unknown error)';
    expect(await deliveries()).toMatchObject([{ status: 'PENDING', attempts: 1, lastStatusCode: null, lastError }]);
    receiver.answer = answerWith(204);
    app.clock.advanceSeconds(5);
    await sendDue(app);
    expect(await deliveries()).toMatchObject([{ status: 'DELIVERED', attempts: 2 }]);
  });

  test('E4: with the answer 410 disables its endpoint, with an audit event of the server', async () => {
    receiver.answer = answerWith(410);
    await queueTest();
    await sendDue(app);
    expect(await deliveries()).toMatchObject([{ status: 'FAILED', lastStatusCode: 410 }]);
    expect(await endpoints()).toMatchObject([{ disabledAt: expect.any(String), disabledReason: expect.stringContaining('410') }]);
    const { auditLog } = await app.ask(AuditLogDocument, { first: 1 }, backend.token);
    expect(auditLog.edges).toMatchObject([
      { node: { action: 'WEBHOOK_ENDPOINT_DISABLED', details: { webhookEndpointId: endpoint.id, actor: 'server' } } },
    ]);
  });

  test('E4: with the answer 410 of a URL that was replaced meanwhile is sent to the new one, and its endpoint stays enabled', async () => {
    const moved = await new WebhookReceiver().start();
    try {
      receiver.answer = async (response, event) => {
        dataOf(await app.send(UpdateWebhookEndpointDocument, { id: endpoint.id, input: { url: moved.url } }, { token: backend.token }));
        answerWith(410)(response, event);
      };
      await queueTest();
      await sendDue(app);
      expect(await deliveries()).toMatchObject([{ status: 'PENDING', lastStatusCode: 410 }]);
      expect(await endpoints()).toMatchObject([{ url: moved.url, disabledAt: null }]);
      app.clock.advanceSeconds(5);
      await sendDue(app);
      expect(await deliveries()).toMatchObject([{ status: 'DELIVERED', attempts: 2 }]);
      expect(moved.events.map(({ id }) => id)).toEqual(receiver.events.map(({ id }) => id));
    } finally {
      moved.close();
    }
  });

  test('E4: that fails for five days, with no success between, disables its endpoint', async () => {
    receiver.answer = answerWith(500);
    await queueTest();
    await sendDue(app);
    app.clock.advanceSeconds(4 * 86_400);
    receiver.answer = answerWith(200);
    await sendDue(app);
    receiver.answer = answerWith(500);
    for (let day = 0; day <= 5; day += 1) {
      expect((await endpoints())[0]?.disabledAt).toBeNull();
      await queueTest();
      await sendDue(app);
      if (day < 5) app.clock.advanceSeconds(86_400);
    }
    expect(await endpoints()).toMatchObject([{ disabledReason: 'All attempts failed for 5 days.' }]);
    dataOf(await app.send(UpdateWebhookEndpointDocument, { id: endpoint.id, input: { enabled: true } }, { token: backend.token }));
    receiver.answer = answerWith(200);
    app.clock.advanceSeconds(86_400);
    await sendDue(app);
    expect((await deliveries()).map(({ status }) => status)).toEqual(Array(7).fill('DELIVERED'));
  });

  test('E4: reads at most a small part of a response of 100 MB, and follows no redirect', async () => {
    let written = 0;
    let isClosed = false;
    receiver.answer = (response) => {
      response.once('close', () => {
        isClosed = true;
      });
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536);
      const write = () => {
        while (written < 100_000_000 && !response.destroyed) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', write);
        }
        response.end();
      };
      write();
    };
    await queueTest();
    await sendDue(app);
    expect(await deliveries()).toMatchObject([{ status: 'DELIVERED' }]);
    await eventually(() => expect(isClosed).toBe(true), { withinMs: 5_000 });
    // The buffers of the kernel hold a few MB.
    expect(written).toBeLessThan(20_000_000);
    receiver.answer = answerWith(307, { location: receiver.url });
    const { id } = await queueTest();
    await sendDue(app);
    expect((await deliveries()).find((delivery) => delivery.id === id)).toMatchObject({
      status: 'PENDING',
      lastStatusCode: 307,
      lastError: expect.stringContaining('redirect'),
    });
    expect(receiver.events).toHaveLength(2);
  });

  test('E4: to a receiver that hangs ends after 15 s, and delays no other endpoint, no mutation and no verification', async () => {
    receiver.answer = () => undefined;
    const other = await new WebhookReceiver().start();
    await newEndpoint(app, backend, { url: other.url });
    const keys = [];
    for (let index = 0; index < 8; index += 1) keys.push(await newKey(app));
    await app.webhookSender.poll();
    await eventually(() => expect(other.events.length).toBe(16), { withinMs: 5_000 });
    // Two attempts hang, and the others wait for them.
    expect(receiver.events).toHaveLength(2);
    for (const { key } of keys) expect((await DOORS.verifyApiKey?.(app, { key }))?.code).toBe('VALID');
    await eventually(
      async () => expect((await deliveries()).filter(({ lastError }) => lastError === 'No response within 15 s')).toHaveLength(2),
      { withinMs: 20_000 },
    );
    other.close();
  }, 40_000);

  test('E1: of a process that was killed while it sent is sent by another one at the end of the lease, with the same id', async () => {
    await queueTest();
    await runSql(
      app.databaseUrl,
      'UPDATE webhook_deliveries SET lease = gen_random_uuid(), attempts = 1, last_attempt_at = $1, next_attempt_at = $2',
      [app.clock.now(), new Date(app.clock.now().getTime() + 60_000)],
    );
    await sendDue(app);
    expect(receiver.events).toEqual([]);
    app.clock.advanceSeconds(60);
    await sendDue(app);
    expect(await deliveries()).toMatchObject([{ status: 'DELIVERED', attempts: 2, eventId: receiver.events[0]?.id }]);
  });

  test('E1: that another process has claimed since is not changed by a late outcome', async () => {
    let finish: () => void = () => undefined;
    receiver.answer = (response) => {
      finish = () => void response.writeHead(200).end();
    };
    await queueTest();
    await app.webhookSender.poll();
    await eventually(() => expect(receiver.events).toHaveLength(1), { withinMs: 5_000 });
    await runSql(app.databaseUrl, 'UPDATE webhook_deliveries SET lease = gen_random_uuid()');
    finish();
    await app.webhookSender.idle();
    expect(await deliveries()).toMatchObject([{ status: 'PENDING', lastStatusCode: null }]);
  });

  test('is sent after the database was unavailable', async () => {
    await queueTest();
    await terminateConnections(app.databaseUrl, 'keyward webhooks');
    await eventually(() => sendDue(app), { withinMs: 5_000 });
    expect(await deliveries()).toMatchObject([{ status: 'DELIVERED' }]);
  });

  test('waits for the first attempt of an older event of the same key, but not for its repetitions', async () => {
    const { id } = await newKey(app);
    await runSql(app.databaseUrl, 'DELETE FROM webhook_deliveries');
    for (let index = 0; index < 3; index += 1) await runSql(app.databaseUrl, insertOf(endpoint.id, id, index), [app.clock.now()]);
    receiver.answer = (response) => void response.writeHead(receiver.events.length === 1 ? 500 : 200).end();
    await sendDue(app);
    expect(receiver.events.map(({ data }) => data.number)).toEqual([0, 1, 2]);
    app.clock.advanceSeconds(5);
    await sendDue(app);
    expect(receiver.events.map(({ data }) => data.number)).toEqual([0, 1, 2, 0]);
  });

  test('is sent although thousands of older deliveries of one key wait', async () => {
    const { id } = await newKey(app);
    await runSql(app.databaseUrl, 'TRUNCATE webhook_deliveries, webhook_events');
    await runSql(
      app.databaseUrl,
      `WITH event AS (INSERT INTO webhook_events (id, type, at, subject_id, data)
         SELECT gen_random_uuid(), 'api_key.updated', $1, $2, '{}' FROM generate_series(1, 5000) RETURNING *)
       INSERT INTO webhook_deliveries (endpoint_id, position, event_id, event_type, subject_id, created_at, next_attempt_at)
       SELECT $3, position, id, type, subject_id, at, at FROM event`,
      [app.clock.now(), id, endpoint.id],
    );
    receiver.answer = () => undefined;
    await queueTest();
    await app.webhookSender.poll();
    await eventually(() => expect(receiver.types.sort()).toEqual(['api_key.updated', 'webhook.test']), { withinMs: 5_000 });
  });
});

const insertOf = (endpointId: string, subjectId: string, number: number): string =>
  `WITH event AS (INSERT INTO webhook_events (id, type, at, subject_id, data)
     VALUES (gen_random_uuid(), 'api_key.updated', $1, '${subjectId}', '{"number": ${number}}') RETURNING *)
   INSERT INTO webhook_deliveries (endpoint_id, position, event_id, event_type, subject_id, created_at, next_attempt_at)
   SELECT '${endpointId}', position, id, type, subject_id, at, at FROM event`;

test('two replicas send each event once, and nothing is lost while both send', async () => {
  const [one, two] = await startReplicas(LOCAL_TARGETS);
  const service = await newService(one, ['webhooks:manage']);
  await newEndpoint(one, service, { url: receiver.url });
  receiver.events.length = 0;
  for (let index = 0; index < 6; index += 1) await newKey(one);
  await Promise.all([sendDue(one), sendDue(two), sendDue(one), sendDue(two)]);
  expect(receiver.events).toHaveLength(12);
  expect(new Set(receiver.events.map(({ id }) => id)).size).toBe(12);
  await Promise.all([one.close(), two.close()]);
});

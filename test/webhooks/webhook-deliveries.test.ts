import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  RedeliverWebhooksDocument,
  TestWebhookEndpointDocument,
  UpdateWebhookEndpointDocument,
  WebhookDeliveriesDocument,
  type WebhookDeliveriesQueryVariables,
  type WebhookEndpointInput,
  WebhookEndpointsDocument,
} from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf, newKey } from '../support/doors.js';
import { type TestService } from '../support/services.js';
import { type Answer, codesOf, type TestApp } from '../support/test-app.js';
import { newEndpoint, sendDue, startWebhookApp, type WebhookApp } from '../support/webhook-app.js';
import { answerWith, WebhookReceiver } from '../support/webhook-receiver.js';

const DAY_SECONDS = 86_400;
/** Seconds between the attempts. */
const SCHEDULE = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

let webhooks: WebhookApp;
let app: TestApp;
let backend: TestService;
let receiver: WebhookReceiver;
/** The endpoint of the receiver, which selects one event for each new key. */
let endpointId: string;

beforeAll(async () => {
  webhooks = await startWebhookApp();
  ({ app, backend, receiver } = webhooks);
});
afterAll(() => webhooks.close());
beforeEach(async () => {
  endpointId = await webhooks.renew(['api_key.created']);
});

const pageOf = async (variables: Partial<WebhookDeliveriesQueryVariables> = {}) =>
  (await app.ask(WebhookDeliveriesDocument, { endpointId, ...variables }, backend.token)).webhookDeliveries;
const deliveries = async (variables: Partial<WebhookDeliveriesQueryVariables> = {}) =>
  (await pageOf(variables)).edges.map(({ node }) => node);
const update = async (input: WebhookEndpointInput) =>
  dataOf(await app.send(UpdateWebhookEndpointDocument, { id: endpointId, input }, { token: backend.token }));
const askToRedeliver = (since: Date, includeDelivered = false) =>
  app.send(RedeliverWebhooksDocument, { endpointId, since: since.toISOString(), includeDelivered }, { token: backend.token });
const redeliver = async (since: Date, includeDelivered?: boolean): Promise<number> =>
  dataOf(await askToRedeliver(since, includeDelivered)).redeliverWebhooks.queued;
const queueTest = async () =>
  dataOf(await app.send(TestWebhookEndpointDocument, { id: endpointId }, { token: backend.token })).testWebhookEndpoint.delivery;
const pathsOf = ({ errors }: Answer<unknown>) => ((errors[0]?.extensions.fields ?? []) as { path: string }[]).map(({ path }) => path);
/** Creates keys one second after each other, and returns their IDs. */
const newKeys = async (count: number): Promise<string[]> => {
  const ids = [];
  for (let index = 0; index < count; index += 1) {
    app.clock.advanceSeconds(1);
    ids.push((await newKey(app)).id);
  }
  return ids;
};
const receivedKeys = () => receiver.events.map(({ data }) => data.apiKey?.id);
/** Inserts events about one key, as of now. */
const insertEvents = (count: number) =>
  runSql(
    app.databaseUrl,
    `INSERT INTO webhook_events (id, type, at, subject_id, data)
     SELECT gen_random_uuid(), 'api_key.created', $1, $2, '{}' FROM generate_series(1, $3)`,
    [app.clock.now(), endpointId, count],
  );

describe('webhookDeliveries', () => {
  test('returns pages without a gap or a repetition, newest first, also while deliveries are added', async () => {
    await newKeys(5);
    const expected = (await deliveries()).map(({ id }) => id);
    expect(await deliveries()).toHaveLength(5);
    const times = (await deliveries()).map(({ createdAt }) => Date.parse(createdAt));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const seen: string[] = [];
    for (let after: string | null = null, isLast = false; !isLast; ) {
      const { edges, pageInfo } = await pageOf({ first: 2, after });
      seen.push(...edges.map(({ node }) => node.id));
      await newKeys(1);
      isLast = !pageInfo.hasNextPage;
      after = pageInfo.endCursor ?? null;
    }
    expect(seen).toEqual(expected);
  });

  test('returns pages of deliveries of one time without a gap', async () => {
    for (let index = 0; index < 5; index += 1) await queueTest();
    const { edges, pageInfo } = await pageOf({ first: 3 });
    const rest = await pageOf({ first: 3, after: pageInfo.endCursor });
    expect(rest.pageInfo.hasNextPage).toBe(false);
    expect(new Set([...edges, ...rest.edges].map(({ node }) => node.id)).size).toBe(5);
  });

  test('returns only the deliveries of a status, also in pages', async () => {
    const delivered = await queueTest();
    await sendDue(app);
    receiver.answer = answerWith(410);
    app.clock.advanceSeconds(1);
    const gone = await queueTest();
    await sendDue(app);
    await update({ enabled: true });
    app.clock.advanceSeconds(1);
    const waiting = [await queueTest(), await queueTest()].map(({ id }) => id);
    const idsOf = async (status: 'PENDING' | 'DELIVERED' | 'FAILED' | null) => (await deliveries({ status })).map(({ id }) => id);
    expect(await idsOf('DELIVERED')).toEqual([delivered.id]);
    expect(await idsOf('FAILED')).toEqual([gone.id]);
    expect((await idsOf('PENDING')).sort()).toEqual([...waiting].sort());
    expect(await idsOf(null)).toHaveLength(4);
    const { edges, pageInfo } = await pageOf({ status: 'PENDING', first: 1 });
    const rest = await deliveries({ status: 'PENDING', after: pageInfo.endCursor });
    expect([...edges.map(({ node }) => node.id), ...rest.map(({ id }) => id)].sort()).toEqual([...waiting].sort());
  });

  test('rejects a cursor of another endpoint and a page of 0 or 101', async () => {
    await newKeys(2);
    const { pageInfo } = await pageOf({ first: 1 });
    const { id } = await newEndpoint(app, backend, { url: receiver.url });
    for (const [variables, path] of [
      [{ endpointId: id, after: pageInfo.endCursor }, 'after'],
      [{ endpointId, first: 0 }, 'first'],
      [{ endpointId, first: 101 }, 'first'],
    ] as const) {
      const answer = await app.send(WebhookDeliveriesDocument, variables, { token: backend.token });
      expect([codesOf(answer), pathsOf(answer)]).toEqual([['BAD_USER_INPUT'], [path]]);
    }
  });
});

describe('redeliverWebhooks', () => {
  test('sends what the endpoint missed while it was disabled, and nothing that it received', async () => {
    const start = app.clock.now();
    await newKeys(2);
    await sendDue(app);
    await update({ enabled: false });
    const missed = await newKeys(3);
    await update({ enabled: true });
    receiver.events.length = 0;
    await sendDue(app);
    expect(receiver.events).toEqual([]);
    expect(await redeliver(start)).toBe(3);
    await sendDue(app);
    expect(receivedKeys().sort()).toEqual([...missed].sort());
    expect(await redeliver(start)).toBe(0);
    await sendDue(app);
    expect(receiver.events).toHaveLength(3);
  });

  test('with includeDelivered sends the received events again, with their IDs and contents', async () => {
    const start = app.clock.now();
    await newKeys(3);
    await sendDue(app);
    const first = receiver.events.splice(0).map(({ id, body }) => ({ id, body }));
    expect(await redeliver(start)).toBe(0);
    expect(await redeliver(start, true)).toBe(3);
    app.clock.advanceSeconds(60);
    await sendDue(app);
    const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
    expect(receiver.events.map(({ id, body }) => ({ id, body })).sort(byId)).toEqual(first.sort(byId));
    expect((await deliveries()).map(({ status, attempts }) => [status, attempts])).toEqual(Array(3).fill(['DELIVERED', 1]));
  });

  test('queues events since a time, of the selected types, and no test event', async () => {
    await update({ enabled: false });
    await newKeys(2);
    app.clock.advanceSeconds(1);
    const since = app.clock.now();
    const later = await newKeys(2);
    await update({ enabled: true });
    await queueTest();
    await sendDue(app);
    receiver.events.length = 0;
    expect(await redeliver(since, true)).toBe(2);
    await sendDue(app);
    expect(receivedKeys().sort()).toEqual([...later].sort());
    await update({ eventTypes: ['user.deleted'] });
    expect(await redeliver(since, true)).toBe(0);
    await update({ eventTypes: [] });
    // Two users and two keys were created.
    expect(await redeliver(since, true)).toBe(4);
  });

  test('begins the schedule again for FAILED, and sends at once what waits for a repetition', async () => {
    const start = app.clock.now();
    receiver.answer = answerWith(500);
    await newKeys(1);
    for (const seconds of SCHEDULE) {
      await sendDue(app);
      app.clock.advanceSeconds(seconds);
    }
    await sendDue(app);
    await newKeys(1);
    await sendDue(app);
    expect((await deliveries()).map(({ status, attempts }) => [status, attempts])).toEqual([
      ['PENDING', 1],
      ['FAILED', 10],
    ]);
    expect(await redeliver(start)).toBe(2);
    const now = app.clock.now().toISOString();
    expect(await deliveries()).toMatchObject(Array(2).fill({ status: 'PENDING', attempts: 0, nextAttemptAt: now }));
    await sendDue(app);
    expect((await deliveries()).map(({ attempts, nextAttemptAt }) => [attempts, nextAttemptAt])).toEqual(
      Array(2).fill([1, new Date(app.clock.now().getTime() + 5_000).toISOString()]),
    );
  });

  test('leaves what waits for its first attempt, and what another process sends', async () => {
    const start = app.clock.now();
    await newKeys(1);
    const lease = "UPDATE webhook_deliveries SET lease = gen_random_uuid(), attempts = 1, next_attempt_at = $1 WHERE status = 'PENDING'";
    expect(await redeliver(start)).toBe(0);
    await runSql(app.databaseUrl, lease, [new Date(app.clock.now().getTime() + 60_000)]);
    expect(await redeliver(start)).toBe(0);
    app.clock.advanceSeconds(60);
    expect(await redeliver(start)).toBe(1);
  });

  test('queues several thousand events, each once', async () => {
    await insertEvents(12_000);
    expect(await redeliver(app.clock.now())).toBe(12_000);
    const rows = await runSql(
      app.databaseUrl,
      'SELECT count(*)::int AS rows, count(DISTINCT event_id)::int AS events FROM webhook_deliveries',
    );
    expect(rows).toEqual([{ rows: 12_000, events: 12_000 }]);
    expect(await redeliver(app.clock.now())).toBe(0);
  });

  test('rejects more than 50,000 events, and queues none of them', async () => {
    const start = app.clock.now();
    await insertEvents(50_001);
    const answer = await askToRedeliver(start);
    expect([codesOf(answer), pathsOf(answer)]).toEqual([['BAD_USER_INPUT'], ['since']]);
    expect(await deliveries()).toEqual([]);
    app.clock.advanceSeconds(1);
    const [id] = await newKeys(1);
    await runSql(app.databaseUrl, 'DELETE FROM webhook_deliveries');
    expect(await redeliver(app.clock.now())).toBe(1);
    await sendDue(app);
    expect(receivedKeys()).toEqual([id]);
  });

  test('returns CONFLICT for a disabled endpoint', async () => {
    const start = app.clock.now();
    await newKeys(1);
    await update({ enabled: false });
    expect(codesOf(await askToRedeliver(start))).toEqual(['CONFLICT']);
  });
});

describe('a delivery', () => {
  test('is removed with its event 30 days after the event, and is not queued again', async () => {
    const start = app.clock.now();
    await newKeys(1);
    await sendDue(app);
    app.clock.advanceSeconds(DAY_SECONDS);
    const [kept] = await newKeys(1);
    app.clock.advanceSeconds(29 * DAY_SECONDS - 1);
    await app.webhookJobs.prune();
    expect(await deliveries()).toHaveLength(2);
    app.clock.advanceSeconds(1);
    await app.webhookJobs.prune();
    expect(await deliveries()).toHaveLength(1);
    const events = await runSql(app.databaseUrl, `SELECT subject_id AS key FROM webhook_events WHERE type = 'api_key.created'`);
    expect(events).toEqual([{ key: kept }]);
    expect(await redeliver(start, true)).toBe(0);
  });

  test('E4: that was answered with 410 is FAILED, and nothing else is sent before the endpoint is enabled', async () => {
    const start = app.clock.now();
    receiver.answer = answerWith(410);
    await newKeys(1);
    await sendDue(app);
    expect((await app.ask(WebhookEndpointsDocument, {}, backend.token)).webhookEndpoints).toMatchObject([
      { disabledAt: app.clock.now().toISOString(), disabledReason: 'The receiver answered with the status 410 Gone.' },
    ]);
    await newKeys(1);
    app.clock.advanceSeconds(DAY_SECONDS);
    await sendDue(app);
    expect(receiver.events).toHaveLength(1);
    expect(await deliveries()).toMatchObject([{ status: 'FAILED', attempts: 1, lastStatusCode: 410, nextAttemptAt: null }]);
    receiver.answer = answerWith(200);
    await update({ enabled: true });
    expect(await redeliver(start)).toBe(2);
    await sendDue(app);
    expect(await deliveries({ status: 'DELIVERED' })).toHaveLength(2);
  });

  test('E4: is FAILED after the last attempt of the schedule, with the last error, and is not sent again', async () => {
    receiver.answer = (response) => void response.destroy();
    await newKeys(1);
    for (const seconds of SCHEDULE) {
      await sendDue(app);
      app.clock.advanceSeconds(seconds);
    }
    expect(await deliveries({ status: 'FAILED' })).toEqual([]);
    await sendDue(app);
    expect(await deliveries({ status: 'FAILED' })).toMatchObject([
      { attempts: 10, lastStatusCode: null, lastError: 'Connection failed (ECONNRESET)', nextAttemptAt: null },
    ]);
    const sent = receiver.events.length;
    app.clock.advanceSeconds(DAY_SECONDS);
    await sendDue(app);
    expect(receiver.events).toHaveLength(sent);
  });
});

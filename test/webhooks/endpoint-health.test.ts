import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { TestWebhookEndpointDocument, WebhookEndpointsDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { queriesOf } from '../support/queries.js';
import { newService, type TestService } from '../support/services.js';
import { startReplicas, startTestApp, type TestApp } from '../support/test-app.js';
import { LOCAL_TARGETS, newEndpoint, sendDue } from '../support/webhook-app.js';
import { answerWith, WebhookReceiver } from '../support/webhook-receiver.js';

const DAY_SECONDS = 86_400;

let apps: [TestApp, TestApp];
let backend: TestService;
let receiver: WebhookReceiver;
let endpointId: string;

beforeEach(async () => {
  apps = await startReplicas(LOCAL_TARGETS);
  backend = await newService(apps[0], ['webhooks:manage']);
  receiver = await new WebhookReceiver().start();
  endpointId = (await newEndpoint(apps[0], backend, { url: receiver.url, eventTypes: ['user.created'] })).id;
});
afterEach(async () => {
  receiver.close();
  await Promise.all(apps.map((app) => app.close()));
});

/** Queues an event of a subject of its own, because events of one subject are sent one after another. */
const queueEvent = (app = apps[0]) => app.newUser();
const disabledReason = async () => (await apps[0].ask(WebhookEndpointsDocument, {}, backend.token)).webhookEndpoints[0]?.disabledReason;
const advanceDays = (days: number) => {
  for (const clock of new Set(apps.map((app) => app.clock))) clock.advanceSeconds(days * DAY_SECONDS);
};
const statusOf = async (status: number) =>
  runSql(apps[0].databaseUrl, 'SELECT FROM webhook_deliveries WHERE last_status_code = $1', [status]);

/** Lets a replica begin an attempt, and returns a function that answers it and waits until the answer is stored. */
async function beginAttempt(app: TestApp): Promise<(status: number) => Promise<void>> {
  const held: ServerResponse[] = [];
  receiver.answer = (response) => void held.push(response);
  await queueEvent(app);
  await app.webhookSender.poll();
  await eventually(() => expect(held).toHaveLength(1), { withinMs: 5_000 });
  return async (status) => {
    const stored = (await statusOf(status)).length;
    held[0]?.writeHead(status).end();
    await eventually(async () => expect((await statusOf(status)).length).toBe(stored + 1), { withinMs: 5_000 });
  };
}

/** Sends everything again that is due after five days, with this answer. */
async function sendAfterFiveDays(status: number): Promise<void> {
  advanceDays(5);
  receiver.answer = answerWith(status);
  await queueEvent();
  for (const app of apps) await sendDue(app);
}

test.each([
  ['in one process', () => apps[0]],
  ['in two processes', () => apps[1]],
])('E4: a success that overlaps with an earlier failure %s ends the failing time of the endpoint', async (_name, other) => {
  const fail = await beginAttempt(apps[0]);
  const succeed = await beginAttempt(other());
  await fail(500);
  await succeed(200);
  for (const app of apps) await app.webhookSender.idle();
  await sendAfterFiveDays(500);
  expect(await disabledReason()).toBeNull();
  await sendAfterFiveDays(500);
  expect(await disabledReason()).toBe('All attempts failed for 5 days.');
});

test.each([
  ['in one process', () => apps[0]],
  ['in two processes', () => apps[1]],
])('E4: a failure that overlaps with an earlier success %s begins the failing time of the endpoint', async (_name, other) => {
  receiver.answer = answerWith(500);
  await queueEvent();
  await sendDue(apps[0]);
  const succeed = await beginAttempt(apps[0]);
  const fail = await beginAttempt(other());
  await succeed(200);
  await fail(500);
  for (const app of apps) await app.webhookSender.idle();
  await sendAfterFiveDays(500);
  expect(await disabledReason()).toBe('All attempts failed for 5 days.');
});

test('E4: an endpoint stays enabled if an attempt succeeds while another one is about to disable it', async () => {
  receiver.answer = answerWith(500);
  await queueEvent();
  await sendDue(apps[0]);
  advanceDays(5);
  // Another process stores the success, before this one locks the endpoint.
  const other = new pg.Client({ connectionString: apps[0].databaseUrl });
  await other.connect();
  await other.query('BEGIN');
  await other.query('UPDATE webhook_endpoints SET failing_since = NULL');
  await queueEvent();
  const sending = sendDue(apps[0]);
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await eventually(async () => expect(await runSql(apps[0].databaseUrl, waiting)).toHaveLength(1), { withinMs: 5_000 });
  await other.query('COMMIT');
  await other.end();
  await sending;
  expect(await disabledReason()).toBeNull();
});

test('a locked endpoint delays the deliveries of no other endpoint, and its outcome is stored later', async () => {
  const fast = await new WebhookReceiver().start();
  await newEndpoint(apps[0], backend, { url: fast.url });
  const other = new pg.Client({ connectionString: apps[0].databaseUrl });
  await other.connect();
  await other.query('BEGIN');
  await other.query('SELECT FROM webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE', [endpointId]);
  receiver.answer = answerWith(500);
  await queueEvent();
  await sendDue(apps[0]);
  // Both outcomes are stored, although the endpoint of one of them is locked.
  expect([await statusOf(500), await statusOf(204)].map(({ length }) => length)).toEqual([1, 1]);
  const isFailing = () => runSql(apps[0].databaseUrl, 'SELECT FROM webhook_endpoints WHERE failing_since IS NOT NULL');
  expect(await isFailing()).toEqual([]);
  await other.query('COMMIT');
  await other.end();
  await sendDue(apps[0]);
  expect(await isFailing()).toHaveLength(1);
  fast.close();
});

test('sending an event takes one statement each to find the endpoint, to claim, to settle and to note the outcome', async () => {
  const app = await startTestApp({ ...LOCAL_TARGETS, logQueries: true });
  const service = await newService(app, ['webhooks:manage']);
  const { id } = await newEndpoint(app, service, { url: receiver.url });
  dataOf(await app.send(TestWebhookEndpointDocument, { id }, { token: service.token }));
  const queries = await queriesOf(app, () => sendDue(app));
  const purposes = queries.map((sql) => /\b(?:failing_since|SET lease|SET status|endpoint_id = e\.id)/.exec(sql)?.[0]);
  // At the end, it looks for more.
  expect(purposes).toEqual(['endpoint_id = e.id', 'SET lease', 'SET status', 'failing_since', 'endpoint_id = e.id']);
  await app.close();
});

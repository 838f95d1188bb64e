import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { KeywardManagement } from '../../client/src/index.js';
import { type ClientProject, installClient } from '../support/client-package.js';
import { newService } from '../support/services.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { LOCAL_TARGETS, sendDue } from '../support/webhook-app.js';
import { answerWith, type ReceivedEvent, WebhookReceiver } from '../support/webhook-receiver.js';

let project: ClientProject;
let client: Awaited<ReturnType<ClientProject['load']>>;
let app: TestApp;
let url: string;
let keyward: KeywardManagement;
let receiver: WebhookReceiver;

beforeAll(async () => {
  project = installClient();
  client = await project.load();
  app = await startTestApp({ env: { ...LOCAL_TARGETS.env, AUTH_MODE: 'product' } });
  url = await app.http.listen({ port: 0, host: '127.0.0.1' });
  const { token: serviceToken } = await newService(app, ['webhooks:manage', 'users:write']);
  keyward = new client.KeywardManagement({ url, serviceToken });
  receiver = await new WebhookReceiver().start();
});
afterAll(async () => {
  receiver.close();
  keyward.close();
  await app.close();
  project.remove();
});
beforeEach(async () => {
  for (const { id } of await keyward.webhookEndpoints()) await keyward.deleteWebhookEndpoint(id);
  receiver.events.length = 0;
  receiver.answer = answerWith(204);
});

/** Returns the event of a request, or why it is rejected with this secret. */
function checked({ headers, body }: ReceivedEvent, secret: string): string {
  try {
    return client.verifyWebhook({ headers, body, secret, now: app.clock.now().getTime() }).type;
  } catch (error) {
    if (!(error instanceof client.WebhookRejectedError)) throw error;
    return error.reason;
  }
}

/** Sends a test event, and returns what each secret makes of its request. */
async function checkedWith(id: string, ...secrets: string[]): Promise<string[]> {
  await keyward.testWebhookEndpoint(id);
  await sendDue(app);
  const event = receiver.events.at(-1);
  return secrets.map((secret) => (event ? checked(event, secret) : 'nothing was sent'));
}

const newUser = async () => (await keyward.upsertUser({ externalId: `user-${Math.random()}` })).user.id;

describe('KeywardManagement: webhooks', () => {
  test('creates, lists, changes and deletes endpoints', async () => {
    const { endpoint } = await keyward.createWebhookEndpoint({ url: receiver.url, eventTypes: ['user.created'] });
    const created = {
      id: expect.any(String),
      url: receiver.url,
      description: null,
      eventTypes: ['user.created'],
      createdAt: expect.any(String),
    };
    expect(endpoint).toEqual({ ...created, disabledAt: null, disabledReason: null });
    expect(await keyward.webhookEndpoints()).toEqual([endpoint]);
    const changed = await keyward.updateWebhookEndpoint(endpoint.id, { description: 'CRM', enabled: false });
    const disabled = { disabledAt: expect.any(String), disabledReason: expect.any(String) };
    expect(changed).toEqual({ endpoint: { ...endpoint, description: 'CRM', ...disabled } });
    expect((await keyward.updateWebhookEndpoint(endpoint.id, { enabled: true })).endpoint.disabledAt).toBeNull();
    expect(await keyward.deleteWebhookEndpoint(endpoint.id)).toEqual({ deleted: true });
    expect(await keyward.webhookEndpoints()).toEqual([]);
  });

  test('sends a test event with a signature that `verifyWebhook` accepts with the secret of this endpoint alone', async () => {
    const { endpoint, secret } = await keyward.createWebhookEndpoint({ url: receiver.url });
    const { secret: other } = await keyward.createWebhookEndpoint({ url: receiver.url });
    expect(await keyward.testWebhookEndpoint(endpoint.id)).toMatchObject({ delivery: { eventType: 'webhook.test', status: 'PENDING' } });
    expect(await checkedWith(endpoint.id, secret, other)).toEqual(['webhook.test', 'signature']);
  });

  test('replaces the secret: both sign until the overlap ends, which is a day unless it is given', async () => {
    const { endpoint, secret: first } = await keyward.createWebhookEndpoint({ url: receiver.url });
    const { secret: second } = await keyward.rotateWebhookSecret(endpoint.id);
    expect(await checkedWith(endpoint.id, first, second)).toEqual(['webhook.test', 'webhook.test']);
    app.clock.advanceSeconds(86_400);
    expect(await checkedWith(endpoint.id, first, second)).toEqual(['signature', 'webhook.test']);
    const { secret: third } = await keyward.rotateWebhookSecret(endpoint.id, { overlapSeconds: 0 });
    expect(await checkedWith(endpoint.id, second, third)).toEqual(['signature', 'webhook.test']);
  });

  test('returns the deliveries in pages and by status, and sends again what an endpoint did not receive', async () => {
    const since = app.clock.now().toISOString();
    const { endpoint } = await keyward.createWebhookEndpoint({ url: receiver.url, eventTypes: ['user.created'] });
    const received = await newUser();
    await sendDue(app);
    receiver.answer = answerWith(410);
    const rejected = await newUser();
    await sendDue(app);
    const usersOf = () => receiver.events.map(({ data }) => data.user?.id);
    expect(usersOf()).toEqual([received, rejected]);
    expect((await keyward.webhookEndpoints())[0]?.disabledReason).toContain('410');

    const { edges, pageInfo } = await keyward.webhookDeliveries(endpoint.id, { first: 1 });
    const { edges: rest } = await keyward.webhookDeliveries(endpoint.id, { first: 1, after: pageInfo.endCursor });
    expect([...edges, ...rest].map(({ node }) => node.eventId).sort()).toEqual(receiver.events.map(({ id }) => id).sort());
    const failed = await keyward.webhookDeliveries(endpoint.id, { status: 'FAILED' });
    expect(failed.edges).toMatchObject([{ node: { eventType: 'user.created', attempts: 1, lastStatusCode: 410 } }]);

    receiver.answer = answerWith(204);
    await keyward.updateWebhookEndpoint(endpoint.id, { enabled: true });
    expect(await keyward.redeliverWebhooks(endpoint.id, { since })).toEqual({ queued: 1 });
    await sendDue(app);
    expect(await keyward.redeliverWebhooks(endpoint.id, { since, includeDelivered: true })).toEqual({ queued: 2 });
    await sendDue(app);
    expect(usersOf().sort()).toEqual([received, received, rejected, rejected, rejected].sort());
  });

  test('throws the code of an error: invalid fields, an unknown endpoint, a missing permission', async () => {
    const codeOf = (operation: Promise<unknown>) =>
      operation.then(
        () => 'no error',
        (error: { code: string; details: object }) => [error.code, error.details],
      );
    const { token: serviceToken } = await newService(app, ['users:write']);
    const limited = new client.KeywardManagement({ url, serviceToken });
    const fields = [{ path: 'input.url', message: expect.any(String) }];
    expect([
      await codeOf(keyward.createWebhookEndpoint({ url: 'https://10.0.0.1/' })),
      await codeOf(keyward.testWebhookEndpoint('01a20538-5745-77c0-8216-711042d53509')),
      await codeOf(limited.webhookEndpoints()),
    ]).toEqual([
      ['BAD_USER_INPUT', expect.objectContaining({ fields })],
      ['NOT_FOUND', expect.anything()],
      ['FORBIDDEN', expect.objectContaining({ requiredPermission: 'webhooks:manage' })],
    ]);
    limited.close();
  });

  test('K2: an inspected client contains no secret of a webhook', async () => {
    const { secret } = await keyward.createWebhookEndpoint({ url: receiver.url });
    expect(secret).toMatch(/^whsec_/);
    expect(inspect(keyward, { depth: 9, showHidden: true })).not.toContain(secret.slice('whsec_'.length));
  });
});

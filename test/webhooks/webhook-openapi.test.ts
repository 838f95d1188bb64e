import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { RevokeApiKeyDocument, RotateWebhookSecretDocument, TestWebhookEndpointDocument } from '../generated/graphql.js';
import { dataOf, newKey } from '../support/doors.js';
import { problemsOf, RESOLVED_OPEN_API } from '../support/openapi.js';
import { type TestService } from '../support/services.js';
import { type TestApp } from '../support/test-app.js';
import { sendDue, startWebhookApp, type WebhookApp } from '../support/webhook-app.js';
import { answerWith, WebhookReceiver } from '../support/webhook-receiver.js';

let webhooks: WebhookApp;
let app: TestApp;
let backend: TestService;
let receiver: WebhookReceiver;
let endpointId: string;
beforeAll(async () => {
  webhooks = await startWebhookApp();
  ({ app, backend, receiver } = webhooks);
});
afterAll(() => webhooks.close());
beforeEach(async () => {
  endpointId = await webhooks.renew();
});

const sendTest = async () => {
  dataOf(await app.send(TestWebhookEndpointDocument, { id: endpointId }, { token: backend.token }));
  await sendDue(app);
};

/** What the document says about the requests of a type. */
function documentedFor(type: string) {
  const webhook = RESOLVED_OPEN_API.webhooks[type];
  if (!webhook) throw new Error(`docs/openapi.yaml does not describe ${type}`);
  return webhook.post;
}

describe('docs/openapi.yaml: webhooks', () => {
  test.each(['one secret', 'two secrets'])('describes the headers and the body of each request, with %s', async (secrets) => {
    const rotation = { id: endpointId };
    if (secrets === 'two secrets') dataOf(await app.send(RotateWebhookSecretDocument, rotation, { token: backend.token }));
    const { id, token } = await newKey(app, { metadata: { a: [1, null, { b: true }] }, scopes: ['a'] });
    await app.ask(RevokeApiKeyDocument, { id }, token);
    await sendTest();
    expect(receiver.types).toEqual(expect.arrayContaining(['user.created', 'api_key.created', 'api_key.revoked', 'webhook.test']));
    for (const { type, headers, body } of receiver.events) {
      const { parameters, requestBody } = documentedFor(type);
      const { schema } = requestBody.content['application/json'];
      expect(headers['content-type']).toBe('application/json');
      expect(Object.keys(headers).filter((name) => name.startsWith('webhook-'))).toEqual(parameters.map(({ name }) => name));
      const problems = parameters.map((parameter) => problemsOf(parameter.schema, headers[parameter.name]));
      expect([...problems, problemsOf(schema, JSON.parse(body))]).toEqual([null, null, null, null]);
      expect(problemsOf(schema, { ...JSON.parse(body), more: 1 })).toBe('data must NOT have additional properties');
    }
  });

  /** What each documented answer causes: the state of the delivery, seconds until its next attempt, and whether the endpoint is enabled. */
  const CONSEQUENCES = {
    '2XX': { status: 299, headers: {}, causes: ['DELIVERED', null, true] },
    '410': { status: 410, headers: {}, causes: ['FAILED', null, false] },
    '429': { status: 429, headers: { 'retry-after': '90' }, causes: ['PENDING', 90, true] },
    '503': { status: 503, headers: { 'retry-after': '90' }, causes: ['PENDING', 90, true] },
    default: { status: 302, headers: { location: '/elsewhere' }, causes: ['PENDING', 5, true] },
  };

  test('names the answers of a receiver that this test gives, and no other', () => {
    for (const { post } of Object.values(RESOLVED_OPEN_API.webhooks)) {
      expect(Object.keys(post.responses).sort()).toEqual(Object.keys(CONSEQUENCES).sort());
    }
  });

  test.each(Object.entries(CONSEQUENCES))(
    'an answer %s has the consequence that is described',
    async (_name, { status, headers, causes }) => {
      receiver.answer = answerWith(status, headers);
      await sendTest();
      receiver.answer = answerWith(204);
      const delivery = await app.database.webhookDelivery.findFirstOrThrow();
      const { disabledAt } = await app.database.webhookEndpoint.findFirstOrThrow();
      const seconds = delivery.nextAttemptAt && (delivery.nextAttemptAt.getTime() - app.clock.now().getTime()) / 1_000;
      expect([delivery.status, seconds, disabledAt === null]).toEqual(causes);
    },
  );
});

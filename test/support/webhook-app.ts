import { CreateWebhookEndpointDocument } from '../generated/graphql.js';
import { runSql } from './database.js';
import { dataOf } from './doors.js';
import { newService, type TestService } from './services.js';
import { startTestApp, type TestApp } from './test-app.js';
import { answerWith, WebhookReceiver } from './webhook-receiver.js';

/** Settings with which a test app may send to this machine. */
export const LOCAL_TARGETS = { env: { WEBHOOK_PRIVATE_TARGETS: '127.0.0.0/8,::1' } };

/** Creates an endpoint for a receiver. */
export async function newEndpoint(
  app: TestApp,
  service: TestService,
  input: { url: string; eventTypes?: string[] },
): Promise<{ id: string; secret: string }> {
  const answer = await app.send(CreateWebhookEndpointDocument, { input }, { token: service.token });
  const { endpoint, secret } = dataOf(answer).createWebhookEndpoint;
  return { id: endpoint.id, secret };
}

/** Sends everything that is due, and waits for its end. */
export async function sendDue(app: TestApp): Promise<void> {
  await app.webhookSender.poll();
  await app.webhookSender.idle();
}

/** An app that sends webhooks to a receiver, and a service that manages them. */
export interface WebhookApp {
  app: TestApp;
  backend: TestService;
  receiver: WebhookReceiver;
  /** Removes all endpoints and events, and returns the ID of a new endpoint. */
  renew(eventTypes?: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Starts an app that may send to this machine, with a receiver. */
export async function startWebhookApp(permissions: string[] = ['webhooks:manage']): Promise<WebhookApp> {
  const app = await startTestApp(LOCAL_TARGETS);
  const backend = await newService(app, permissions, { name: 'backend' });
  const receiver = await new WebhookReceiver().start();
  return {
    app,
    backend,
    receiver,
    renew: async (eventTypes = []) => {
      await runSql(app.databaseUrl, 'TRUNCATE webhook_endpoints, webhook_events, webhook_deliveries');
      receiver.events.length = 0;
      receiver.answer = answerWith(204);
      return (await newEndpoint(app, backend, { url: receiver.url, eventTypes })).id;
    },
    close: async () => {
      receiver.close();
      await app.close();
    },
  };
}

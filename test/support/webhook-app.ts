import { CreateWebhookEndpointDocument } from '../generated/graphql.js';
import { dataOf } from './doors.js';
import type { TestService } from './services.js';
import type { TestApp } from './test-app.js';

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

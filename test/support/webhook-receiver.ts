import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateWebhookEndpointDocument } from '../generated/graphql.js';
import { dataOf } from './doors.js';
import type { TestService } from './services.js';
import type { TestApp } from './test-app.js';

/** A request that a receiver got. */
export interface ReceivedEvent {
  id: string;
  headers: Record<string, string>;
  body: string;
  type: string;
  data: Record<string, unknown> & { apiKey?: { id: string; keyPrefix: string }; user?: { id: string } };
}

type Answer = (response: ServerResponse, event: ReceivedEvent) => void;

export const answerWith =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end();

/** A receiver of webhooks on this machine. */
export class WebhookReceiver {
  readonly events: ReceivedEvent[] = [];
  /** How it answers. */
  answer: Answer = answerWith(204);
  connections = 0;
  readonly #server = createServer((request, response) => void this.#receive(request, response));

  async start(port = 0): Promise<this> {
    this.#server.on('connection', () => {
      this.connections += 1;
    });
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks`;
  }

  /** Types of the events, in the order of their arrival. */
  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const headers = request.headers as Record<string, string>;
    const event = { id: headers['webhook-id'] ?? '', headers, body, ...JSON.parse(body) };
    this.events.push(event);
    this.answer(response, event);
  }
}

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

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

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

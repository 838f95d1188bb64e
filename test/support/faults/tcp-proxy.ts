import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * forward: as if it weren't there. stall: nothing passes in either direction, and no connection ends. drop: what clients send is
 * swallowed. refuse: new connections are reset, those that are there go on.
 */
export type ProxyMode = 'forward' | 'stall' | 'drop' | 'refuse';

interface Link {
  client: Socket;
  upstream: Socket;
  /** Whether something that was sent over it is missing: it can never be used again. */
  hasHole: boolean;
}

/** Stands between a server and its database, and does to the bytes what a bad network does. */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #links = new Set<Link>();
  #mode: ProxyMode = 'forward';

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#open(client));
  }

  /** @param targetPort of the loopback interface */
  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, targetPort);
  }

  setMode(mode: ProxyMode): void {
    this.#mode = mode;
    for (const link of this.#links) {
      if (link.hasHole && mode === 'forward') this.#end(link);
      else for (const socket of [link.client, link.upstream]) mode === 'stall' ? socket.pause() : socket.resume();
    }
  }

  /** Resets every connection that is open now. */
  cut(): void {
    for (const link of this.#links) this.#end(link);
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #open(client: Socket): void {
    if (this.#mode === 'refuse') {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const link = { client, upstream: connect(this.#targetPort, '127.0.0.1'), hasHole: false };
    this.#links.add(link);
    client.on('data', (chunk) => {
      if (this.#mode === 'drop') link.hasHole = true;
      else link.upstream.write(chunk);
    });
    link.upstream.on('data', (chunk) => client.write(chunk));
    for (const socket of [client, link.upstream]) {
      socket.setNoDelay().on('error', () => undefined);
      socket.on('close', () => this.#end(link));
      if (this.#mode === 'stall') socket.pause();
    }
  }

  #end(link: Link): void {
    this.#links.delete(link);
    for (const socket of [link.client, link.upstream]) if (!socket.destroyed) socket.resetAndDestroy();
  }
}

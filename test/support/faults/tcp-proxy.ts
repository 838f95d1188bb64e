import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What the proxy does with traffic:
 *
 * - `forward` passes all bytes.
 * - `stall` passes no byte in either direction, and no connection ends.
 * - `drop` discards what clients send.
 * - `refuse` resets new connections, and existing ones continue.
 */
export type ProxyMode = 'forward' | 'stall' | 'drop' | 'refuse';

interface Link {
  client: Socket;
  upstream: Socket;
  /** Whether bytes that were sent over the connection were lost, so that it can never be used again. */
  hasHole: boolean;
  /** The first bytes of the client, in which PostgreSQL clients name their application. */
  startup: string;
}

/** Proxy between a server and its database that simulates a bad network. */
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

  /** Starts a proxy to `targetPort` of the loopback interface. */
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

  /** Passes no byte of the connections with this application name. New connections are not affected. */
  stallOnly(applicationName: string): void {
    for (const { client, upstream, startup } of this.#links) {
      if (startup.includes(`\0${applicationName}\0`)) for (const socket of [client, upstream]) socket.pause();
    }
  }

  /** Resets every open connection. */
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
    const link = { client, upstream: connect(this.#targetPort, '127.0.0.1'), hasHole: false, startup: '' };
    this.#links.add(link);
    client.on('data', (chunk) => {
      link.startup ||= chunk.toString('latin1');
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

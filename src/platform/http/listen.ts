import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Listens, for `localhost` on each of its addresses: a client may try 127.0.0.1 or ::1. Fastify would do the latter with
 * servers of its own making, which would not have the limits of ours.
 *
 * @returns the URL of the first address
 */
export async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  const url = await app.listen({ host, port });
  if (host !== 'localhost') return url;
  const bound = app.server.address() as AddressInfo;
  for (const { address } of await lookup(host, { all: true })) {
    if (address === bound.address) continue;
    const other = createServer((socket) => void app.server.emit('connection', socket)).listen(bound.port, address);
    // The machine may not have that address, or another program its port.
    await once(other, 'listening').then(
      () => app.server.once('close', () => other.close()),
      () => undefined,
    );
  }
  return url;
}

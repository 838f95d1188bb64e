import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Starts to listen. For `localhost`, listens on all of its addresses, because a client may use 127.0.0.1 or ::1. Fastify would
 * create additional servers for this, without the limits of this one.
 *
 * @returns the URL of the first address
 * @throws Node's error with `syscall: 'listen'` if the first address is unavailable
 */
export async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  const url = await app.listen({ host, port });
  if (host !== 'localhost') return url;
  const bound = app.server.address() as AddressInfo;
  for (const { address } of await lookup(host, { all: true })) {
    if (address === bound.address) continue;
    const other = createServer((socket) => void app.server.emit('connection', socket)).listen(bound.port, address);
    // Ignores an address that the machine lacks, and a port that is in use.
    await once(other, 'listening').then(
      () => app.server.once('close', () => other.close()),
      () => undefined,
    );
  }
  return url;
}

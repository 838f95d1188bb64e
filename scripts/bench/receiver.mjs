// A receiver of webhooks that the benchmarks start as a process of its own. It answers /answer with 204, and never answers /hang.
// After each message it reports how many requests /answer has received.
import { once } from 'node:events';
import { createServer } from 'node:http';

let received = 0;
const server = createServer((request, response) => {
  request.resume();
  if (request.url === '/hang') return;
  received += 1;
  response.writeHead(204).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
process.on('message', () => process.send?.(received));
process.on('disconnect', () => process.exit());
process.send?.(typeof address === 'object' ? address?.port : 0);

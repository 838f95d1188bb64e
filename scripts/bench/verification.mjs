// npm run bench: measures the throughput of verification by `/verify` and by GraphQL, with few keys and with a million keys,
// and compares it with a bare Fastify route and a bare Apollo field. The targets run in turn, in several rounds. Prints
// medians and ratios.
//   npm run bench -- --rounds 5 --seconds 5 --keys 1000000 --connections 50
//   npm run bench -- --minutes 5     one long load over all keys, which shows whether the heap grows
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { answerOf, forked, METRICS_TOKEN, measureThroughput, startKeyward, withPostgres } from './lib.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    keys: { type: 'string', default: '1000000' },
    connections: { type: 'string', default: '50' },
    minutes: { type: 'string' },
  },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const [manyKeys, connections] = [Number(values.keys), Number(values.connections)];
const FEW_KEYS = 400;

/**
 * Returns the lowest of several samples, which is close to the live heap without garbage that waits for collection.
 *
 * @param {number} port
 */
async function liveHeapMegabytes(port) {
  const samples = [];
  for (let count = 0; count < 40; count += 1) {
    const headers = { authorization: `Bearer ${METRICS_TOKEN}` };
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
    samples.push(Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)?.[1]));
    await sleep(250);
  }
  return Math.min(...samples) / 1_000_000;
}

/**
 * @param {import('./lib.mjs').ChildProcess} loader
 * @param {import('./lib.mjs').Server} keyward
 * @param {number} minutes
 */
async function measureHeap(loader, keyward, minutes) {
  const load = answerOf(loader, { port: keyward.port, path: '/verify', keys: manyKeys, connections, seconds: minutes * 60 + 5 });
  await sleep(50_000);
  console.log(`live heap after 1 minute:  ${(await liveHeapMegabytes(keyward.port)).toFixed(1)} MB`);
  await sleep((minutes - 1) * 60_000 - 10_000);
  console.log(`live heap after ${minutes} minutes: ${(await liveHeapMegabytes(keyward.port)).toFixed(1)} MB`);
  const { perSecond, rejected } = await load;
  console.log(`${perSecond.toFixed(0)} requests/s over ${manyKeys} keys during the whole load, ${rejected} rejected`);
}

await withPostgres(async ({ newDatabase }) => {
  console.error(`Creating ${manyKeys} keys …`);
  const many = await startKeyward(await newDatabase('many', manyKeys));
  const loader = forked('load.mjs');
  if (values.minutes !== undefined) {
    await measureHeap(loader, many, Number(values.minutes));
  } else {
    const few = await startKeyward(await newDatabase('few', FEW_KEYS));
    const baseline = await answerOf(forked('baseline.mjs'));
    /** @param {string} field */
    const mutation = (field) =>
      JSON.stringify({ query: `mutation V($key: String!) { ${field} { valid code } }`, variables: { key: 'KEY' } });
    const targets = {
      'bare Fastify route': { port: baseline.port, path: '/hello', keys: FEW_KEYS },
      [`GET /verify, ${FEW_KEYS} keys`]: { port: few.port, path: '/verify', keys: FEW_KEYS },
      [`GET /verify, ${manyKeys} keys`]: { port: many.port, path: '/verify', keys: manyKeys },
      'bare Apollo field': { port: baseline.port, path: '/graphql', body: mutation('hello(key: $key)'), keys: FEW_KEYS },
      verifyApiKey: { port: few.port, path: '/graphql', body: mutation('verifyApiKey(input: { key: $key })'), keys: FEW_KEYS },
    };
    const of = await measureThroughput(loader, targets, { rounds, seconds, connections });
    /** @param {string} text @param {string} name @param {string} base @param {keyof import('./lib.mjs').LoadResult} figure */
    const ratio = (text, name, base, figure = 'perSecond') =>
      console.log(text.padEnd(60), (of(name, figure) / of(base, figure)).toFixed(2));
    console.log();
    ratio('throughput of /verify / bare route', `GET /verify, ${FEW_KEYS} keys`, 'bare Fastify route');
    ratio('p99 of /verify / bare route', `GET /verify, ${FEW_KEYS} keys`, 'bare Fastify route', 'p99Ms');
    ratio(
      `throughput of /verify with ${manyKeys} keys / ${FEW_KEYS} keys`,
      `GET /verify, ${manyKeys} keys`,
      `GET /verify, ${FEW_KEYS} keys`,
    );
    ratio('throughput of verifyApiKey / bare Apollo field', 'verifyApiKey', 'bare Apollo field');
  }
});

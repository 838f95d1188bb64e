// The memory that cached keys take.
import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf, METRICS_TOKEN, startKeyward } from '../lib.mjs';
import { CACHED_KEYS, end, startTarget } from './bench.mjs';

/**
 * Verifies a number of keys once. Usage is written within two seconds.
 *
 * @param {import('./bench.mjs').Bench} bench
 * @param {number} port
 * @param {number} keys
 */
async function verifyAll({ loader, connections }, port, keys) {
  await answerOf(loader, { port, path: '/verify', keys, distribution: 'sequential', connections, seconds: 600 });
  await sleep(3_000);
}

/** @param {import('./bench.mjs').Bench} bench */
export async function measureMemory(bench) {
  const server = await startKeyward(await bench.databaseOf(CACHED_KEYS), {}, 'report-usage.mjs');
  // The compiler warms up, and the heap gets the size that the load needs.
  const first = CACHED_KEYS / 100;
  for (let round = 0; round < 10; round += 1) {
    const load = { port: server.port, path: '/verify', keys: first, connections: bench.connections, seconds: 1 };
    await answerOf(bench.loader, load);
  }
  await verifyAll(bench, server.port, first);
  const before = await answerOf(server.child, 'collected');
  await verifyAll(bench, server.port, CACHED_KEYS);
  const peak = await answerOf(server.child, 'usage');
  const after = await answerOf(server.child, 'collected');
  const keys = CACHED_KEYS - first;
  /** @param {string} text @param {number} bytes */
  const print = (text, bytes) => console.log(text.padEnd(45), `${(bytes / keys).toFixed(0)} bytes`, `(${(bytes / 1e6).toFixed(1)} MB)`);
  console.log(`each of ${CACHED_KEYS} cached keys`);
  print('heap after a garbage collection', after.heapUsed - before.heapUsed);
  print('resident memory after a garbage collection', after.rss - before.rss);
  print('resident memory after the load', peak.rss - before.rss);
  await end(server);
}

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
 * Prints the live heap after one minute of load and at its end.
 *
 * @param {import('./bench.mjs').Bench} bench
 * @param {number} minutes
 */
export async function measureHeap({ loader, keys, connections, databaseOf }, minutes) {
  const { port, target } = await startTarget(await databaseOf(keys));
  const load = answerOf(loader, { ...target, keys, connections, seconds: minutes * 60 + 5 });
  await sleep(50_000);
  console.log(`live heap after 1 minute:  ${(await liveHeapMegabytes(port)).toFixed(1)} MB`);
  await sleep((minutes - 1) * 60_000 - 10_000);
  console.log(`live heap after ${minutes} minutes: ${(await liveHeapMegabytes(port)).toFixed(1)} MB`);
  const { perSecond, rejected } = await load;
  console.log(`${perSecond.toFixed(0)} requests/s over ${keys} keys during the whole load, ${rejected} rejected`);
}

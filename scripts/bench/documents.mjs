// npm run bench:documents: measures the cost of hostile GraphQL documents. Prints the server's CPU time for each document of
// hostile-documents.mjs, the memory that 4,000 different documents take, and the latency of /verify while 16 connections
// send the most expensive documents. Rows G3 and G10 of docs/security.md.
//   npm run bench:documents -- --repetitions 40 --seconds 5
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { hostileDocuments } from './hostile-documents.mjs';
import { answerOf, forked, median, startKeyward, withPostgres } from './lib.mjs';

const { values } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '40' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
  },
});
const [repetitions, seconds, rounds] = [Number(values.repetitions), Number(values.seconds), Number(values.rounds)];

const WARM_UP = 10;
/** Number of batches. The lowest mean counts, because other work on the machine adds CPU time through the caches. */
const BATCHES = 5;
const KEYS = 400;
const CONNECTIONS = 16;
const DIFFERENT_DOCUMENTS = 4_000;
const TARGET_MS = 5;

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/**
 * Introspection is enabled, because documents cost most with it.
 *
 * @param {string} databaseUrl
 */
const startMeasured = (databaseUrl) => startKeyward(databaseUrl, { INTROSPECTION: 'true', LOG_LEVEL: 'info' }, 'report-usage.mjs');

/** @param {import('./lib.mjs').ChildProcess} child */
async function usageOf(child) {
  child.send('usage');
  const [usage] = await once(child, 'message');
  return usage;
}

/**
 * @param {number} port
 * @param {string} query
 */
function post(port, query) {
  const body = JSON.stringify({ query });
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    request({ port, path: '/graphql', method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', resolve);
    })
      .on('error', reject)
      .end(body);
  });
}

/**
 * @param {import('./lib.mjs').Server} server
 * @param {string} query
 */
async function cpuMsOf({ child, port }, query) {
  for (let count = 0; count < WARM_UP; count += 1) await post(port, query);
  const samples = [];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const before = await usageOf(child);
    for (let count = 0; count < repetitions / BATCHES; count += 1) await post(port, query);
    const after = await usageOf(child);
    samples.push((after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / 1_000 / (repetitions / BATCHES));
  }
  return Math.min(...samples);
}

/** @param {import('./lib.mjs').Server} server */
async function measureDocuments(server) {
  const trivial = await cpuMsOf(server, '{ __typename }');
  console.log(`${'{ __typename }'.padEnd(52)} ${trivial.toFixed(2).padStart(7)} ms of CPU`);
  const costs = [];
  for (const [name, query] of Object.entries(hostileDocuments)) {
    const ms = await cpuMsOf(server, query);
    costs.push({ name, query, ms });
    console.log(`${name.padEnd(52)} ${ms.toFixed(2).padStart(7)} ms of CPU${ms > TARGET_MS ? '  above the target' : ''}`);
  }
  return costs.toSorted((a, b) => b.ms - a.ms);
}

/** @param {import('./lib.mjs').Server} server */
async function measureMemory({ child, port }) {
  const before = await usageOf(child);
  for (let count = 0; count < DIFFERENT_DOCUMENTS; count += 1) {
    await post(port, `query Q${count} { me { ${'id email '.repeat(140)}} }`);
  }
  const after = await usageOf(child);
  console.log(`memory after ${DIFFERENT_DOCUMENTS} different documents: +${((after.rss - before.rss) / 1e6).toFixed(0)} MB`);
}

/**
 * @param {import('./lib.mjs').Server} server
 * @param {{ query: string }[]} costs the most expensive first
 */
async function measureLatency({ port }, costs) {
  const loader = forked('load.mjs');
  const load = { port, path: '/verify', keys: KEYS, connections: 1, seconds };
  const worst = costs.slice(0, CONNECTIONS).map(({ query }) => query);
  /** @type {{ calm: number[], attacked: number[] }} */
  const p99 = { calm: [], attacked: [] };
  for (let round = -1; round < rounds; round += 1) {
    const calm = await answerOf(loader, load);
    let isOver = false;
    let sent = 0;
    const attackers = worst.map(async (query) => {
      for (; !isOver; sent += 1) await post(port, query);
    });
    const attacked = await answerOf(loader, load);
    isOver = true;
    await Promise.all(attackers);
    await sleep(500);
    if (round < 0) continue;
    p99.calm.push(calm.p99Ms);
    p99.attacked.push(attacked.p99Ms);
    const figures = [calm, attacked].map(({ p50Ms, p99Ms }) => `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`);
    console.log(`/verify alone: ${figures[0]}; with ${(sent / seconds).toFixed(0)} hostile documents/s: ${figures[1]}`);
  }
  console.log(`p99 of /verify with hostile documents / alone: ${(median(p99.attacked) / median(p99.calm)).toFixed(1)}`);
}

await withPostgres(async ({ newDatabase }) => {
  const server = await startMeasured(await newDatabase('few', KEYS));
  const costs = await measureDocuments(server);
  await measureMemory(server);
  await measureLatency(server, costs);
  agent.destroy();
});

// Verification of few keys, which are all cached, against routes without Keyward's code.
import { benchKey } from '../keys.mjs';
import { answerOf, forked, measureThroughput, printRatio } from '../lib.mjs';
import { end, FEW_KEYS, startTarget } from './bench.mjs';

/** Headers that Fastify or Node add themselves. */
const OWN_HEADERS = ['connection', 'content-length', 'date', 'keep-alive'];

/**
 * Lets the baseline send the bytes of an answer of /verify.
 *
 * @param {import('../lib.mjs').ChildProcess} baseline
 * @param {number} port of the server
 */
async function copyAnswer(baseline, port) {
  const response = await fetch(`http://127.0.0.1:${port}/verify`, { headers: { 'x-api-key': benchKey(0).plaintextKey } });
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !OWN_HEADERS.includes(name)));
  await answerOf(baseline, { headers, body: await response.text() });
}

/** @param {import('./bench.mjs').Bench} bench */
export async function measureHits(bench) {
  const url = await bench.databaseOf(FEW_KEYS);
  const after = await startTarget(url);
  const before = bench.before === undefined ? null : await startTarget(url, bench.before);
  const baseline = forked('baseline.mjs');
  const { port } = await answerOf(baseline);
  await copyAnswer(baseline, after.port);
  const [bare, equal, verify, verifyBefore] = ['bare Fastify route, no key', 'equal bytes, key sent', 'GET /verify', 'GET /verify, before'];
  const targets = {
    [bare]: { port, path: '/hello', keys: FEW_KEYS, sendsKey: false, pid: baseline.pid },
    [equal]: { port, path: '/equal', keys: FEW_KEYS, pid: baseline.pid },
    [verify]: after.target,
    ...(before && { [verifyBefore]: before.target }),
  };
  const of = await measureThroughput(bench.loader, targets, bench);
  console.log();
  printRatio('throughput of /verify / bare route', of(verify, 'perSecond'), of(bare, 'perSecond'));
  printRatio('throughput of /verify / equal bytes', of(verify, 'perSecond'), of(equal, 'perSecond'));
  printRatio('throughput of equal bytes / bare route', of(equal, 'perSecond'), of(bare, 'perSecond'));
  printRatio('p99 of /verify / bare route', of(verify, 'p99Ms'), of(bare, 'p99Ms'));
  printRatio('p99 of /verify / equal bytes', of(verify, 'p99Ms'), of(equal, 'p99Ms'));
  if (before) {
    printRatio('throughput of /verify / before', of(verify, 'perSecond'), of(verifyBefore, 'perSecond'));
    printRatio('CPU time of Node for /verify / before', of(verify, 'nodeUs'), of(verifyBefore, 'nodeUs'));
    await end(before);
  }
  baseline.kill();
  await end(after);
}

/** @param {import('./bench.mjs').Bench} bench */
export async function measureGraphql(bench) {
  const server = await startTarget(await bench.databaseOf(FEW_KEYS));
  const baseline = forked('baseline.mjs');
  const { port } = await answerOf(baseline);
  /** @param {string} field */
  const mutation = (field) => JSON.stringify({ query: `mutation V($key: String!) { ${field} { valid code } }`, variables: { key: 'KEY' } });
  const [bare, verify] = ['bare Apollo field', 'verifyApiKey'];
  const targets = {
    [bare]: { port, path: '/graphql', body: mutation('hello(key: $key)'), keys: FEW_KEYS, pid: baseline.pid },
    [verify]: { ...server.target, path: '/graphql', body: mutation('verifyApiKey(input: { key: $key })') },
  };
  const of = await measureThroughput(bench.loader, targets, bench);
  console.log();
  printRatio('throughput of verifyApiKey / bare Apollo field', of(verify, 'perSecond'), of(bare, 'perSecond'));
  baseline.kill();
  await end(server);
}

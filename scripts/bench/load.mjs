// Keeps connections busy with one request after another on each, and reports the number of responses and their latency.
// It is a separate process that the benchmarks start. The client shares the machine with the server, so it does little work:
// it writes prepared bytes, and reads only the status and the end of a response.
import { connect } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { benchKey } from './keys.mjs';

/** More requests than one load sends, so that each request has its own random key. They are created before the load. */
const REQUESTS = 200_000;

const END_OF_HEAD = '\r\n\r\n';

/** Prime, so that it maps the ranks of a Zipf distribution to keys anywhere in the table. */
const SCATTER = 7_368_787;

/**
 * @param {number} keys
 * @returns {() => number} draws the n-th key with a probability proportional to 1/n (Zipf, s = 1)
 */
function zipf(keys) {
  const cumulated = new Float64Array(keys);
  let sum = 0;
  for (let rank = 0; rank < keys; rank += 1) cumulated[rank] = sum += 1 / (rank + 1);
  return () => {
    const drawn = Math.random() * sum;
    let [low, high] = [0, keys - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulated[middle] ?? 0) < drawn) low = middle + 1;
      else high = middle;
    }
    return (low * SCATTER) % keys;
  };
}

/**
 * @param {import('./lib.mjs').Load} load
 * @returns {() => number} returns the index of the next key
 */
function drawOf({ keys, distribution }) {
  if (distribution === 'zipf') return zipf(keys);
  let next = 0;
  if (distribution === 'sequential') return () => next++;
  return () => Math.floor(Math.random() * keys);
}

/**
 * @param {import('./lib.mjs').Load} load
 * @returns {Buffer[]} the bytes of requests, each with a key, which replaces `KEY` in the body
 */
function createRequests(load) {
  const { path, body, keys, distribution, sendsKey = true } = load;
  const draw = drawOf(load);
  return Array.from({ length: distribution === 'sequential' ? keys : REQUESTS }, () => {
    const key = benchKey(draw()).plaintextKey;
    const keyHeader = sendsKey ? `\r\nX-API-Key: ${key}` : '';
    if (body === undefined) return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: bench${keyHeader}${END_OF_HEAD}`);
    const content = body.replace('KEY', key);
    const head = `POST ${path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: ${content.length}`;
    return Buffer.from(head + END_OF_HEAD + content);
  });
}

/**
 * @param {string} text
 * @returns whether the text is a complete response
 */
function isWhole(text) {
  const end = text.indexOf(END_OF_HEAD);
  if (end < 0) return false;
  const [, length] = /content-length: (\d+)/i.exec(text) ?? [];
  return text.length >= end + END_OF_HEAD.length + Number(length);
}

/**
 * @param {import('./lib.mjs').Load} load
 * @returns {Promise<import('./lib.mjs').LoadResult>}
 */
async function run(load) {
  const requests = createRequests(load);
  const latency = createHistogram();
  let [next, answered, rejected] = [0, 0, 0];
  const startedAt = performance.now();
  const endsAt = startedAt + load.seconds * 1_000;

  const keepBusy = () =>
    new Promise((resolve, reject) => {
      const socket = connect(load.port, '127.0.0.1').setNoDelay().setEncoding('latin1');
      let received = '';
      let sentAt = 0;
      const send = () => {
        sentAt = performance.now();
        socket.write(requests[next] ?? '');
        next += 1;
        if (load.distribution !== 'sequential') next %= requests.length;
      };
      socket.on('connect', send).on('error', reject).on('close', resolve);
      socket.on('data', (chunk) => {
        received += chunk;
        if (!isWhole(received)) return;
        const now = performance.now();
        latency.record(Math.max(1, Math.round((now - sentAt) * 1_000)));
        answered += 1;
        if (!received.startsWith('HTTP/1.1 200') || received.includes('"valid":false')) rejected += 1;
        received = '';
        if (now < endsAt && next < requests.length) send();
        else socket.destroy();
      });
    });
  await Promise.all(Array.from({ length: load.connections }, keepBusy));

  const seconds = (performance.now() - startedAt) / 1_000;
  /** @param {number} part */
  const latencyMs = (part) => latency.percentile(part) / 1_000;
  return { answered, perSecond: answered / seconds, p50Ms: latencyMs(50), p99Ms: latencyMs(99), rejected };
}

process.on('message', async (/** @type {import('./lib.mjs').Load} */ load) => process.send?.(await run(load)));
process.on('disconnect', () => process.exit());

// Keeps connections busy with one request after another on each, and reports the number of responses and their latency.
// It is a separate process that the benchmarks start. The client shares the machine with the server, so it does little work:
// it writes prepared bytes, and reads only the status and the end of a response.
import { connect } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { benchKey } from './keys.mjs';

/** More requests than one load sends, so that each request has its own random key. They are created before the load. */
const REQUESTS = 200_000;

const END_OF_HEAD = '\r\n\r\n';

/**
 * @param {import('./lib.mjs').Load} load
 * @returns {Buffer[]} the bytes of requests, each with a random key, which replaces `KEY` in the body
 */
function createRequests({ path, body, keys }) {
  return Array.from({ length: REQUESTS }, () => {
    const key = benchKey(Math.floor(Math.random() * keys)).plaintextKey;
    if (body === undefined) return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: bench\r\nX-API-Key: ${key}${END_OF_HEAD}`);
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
        next = (next + 1) % REQUESTS;
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
        if (now < endsAt) send();
        else socket.destroy();
      });
    });
  await Promise.all(Array.from({ length: load.connections }, keepBusy));

  const seconds = (performance.now() - startedAt) / 1_000;
  return { perSecond: answered / seconds, p50Ms: latency.percentile(50) / 1_000, p99Ms: latency.percentile(99) / 1_000, rejected };
}

process.on('message', async (/** @type {import('./lib.mjs').Load} */ load) => process.send?.(await run(load)));
process.on('disconnect', () => process.exit());

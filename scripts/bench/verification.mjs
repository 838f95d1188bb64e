// npm run bench: the throughput of verification, by the gateway's door and by GraphQL, over few keys and over a million,
// beside a bare Fastify route and a bare Apollo field. All run in turn, again and again; medians and ratios are printed.
//   npm run bench -- --rounds 5 --seconds 5 --keys 1000000 --connections 50
//   npm run bench -- --minutes 5     one long load over all keys: does the heap grow?
//   npm run bench -- --flood         verification while 100 sign-ins at once keep coming: how much longer does it take?
import { fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { prepare, root } from '../lib/prepare.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    keys: { type: 'string', default: '1000000' },
    connections: { type: 'string', default: '50' },
    minutes: { type: 'string' },
    flood: { type: 'boolean', default: false },
  },
});
const [rounds, seconds, manyKeys, connections] = [values.rounds, values.seconds, values.keys, values.connections].map(Number);
const FEW_KEYS = 400;
const KEYS_PER_USER = 100;
const KEYS_PER_STATEMENT = 10_000;

prepare();
const { fingerprintOf } = await import('../../dist/api-keys/key-hash.js');
const { startEmbeddedPostgres } = await import('../../dist/platform/database/embedded-postgres.js');
const { migrate } = await import('../../dist/platform/database/migrations.js');
const { createLogger } = await import('../../dist/platform/logger.js');
const { benchKey } = await import('./keys.mjs');
const { floodWithSignIns } = await import('./sign-in-flood.mjs');

const logger = createLogger('silent');
const directory = mkdtempSync(path.join(tmpdir(), 'keyward-bench-'));
const children = [];

/** Fills a new database with users and keys, as many as told. */
async function seed(url, keyCount) {
  await migrate(url, logger);
  const users = Math.ceil(keyCount / KEYS_PER_USER);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `INSERT INTO users (id, email, password_hash, created_at)
     SELECT gen_random_uuid(), 'user' || n || '@example.com', 'none', now() FROM generate_series(1, $1::int) AS n`,
    [users],
  );
  for (let first = 0; first < keyCount; first += KEYS_PER_STATEMENT) {
    const keys = Array.from({ length: Math.min(KEYS_PER_STATEMENT, keyCount - first) }, (_, index) => benchKey(first + index));
    await client.query(
      `INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, fingerprint, created_at)
       SELECT gen_random_uuid(), u.id, k.prefix, $3, k.fingerprint, now()
       FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS k (prefix, fingerprint, n)
       JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM users) AS u ON u.n = k.n % $4::int + 1`,
      [
        keys.map((key) => key.keyPrefix),
        keys.map((key) => Buffer.from(fingerprintOf(key.plaintextKey), 'hex')),
        '$2b$10$'.padEnd(60, 'x'),
        users,
      ],
    );
  }
  await client.query('VACUUM ANALYZE');
  await client.end();
}

/** @returns {Promise<{ port: number, child: import('node:child_process').ChildProcess }>} */
async function startKeyward(databaseUrl) {
  const child = spawn(process.execPath, ['dist/main.js'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      APP_SECRETS: randomBytes(32).toString('base64'),
    },
  });
  children.push(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  while (!output.includes('Keyward is ready')) await sleep(20);
  child.stdout.removeAllListeners('data').resume();
  return { child, port: Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(output)[1]) };
}

function forked(file) {
  const child = fork(path.join(root, 'scripts/bench', file), { stdio: 'inherit' });
  children.push(child);
  return child;
}

async function answerOf(child, message) {
  if (message) child.send(message);
  const [answer] = await once(child, 'message');
  return answer;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function measureThroughput(loader, targets) {
  const results = Object.fromEntries(Object.keys(targets).map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, target] of Object.entries(targets)) {
      const result = await answerOf(loader, { connections, seconds, ...target });
      // What is left of the last load (usage to be written) is not the next one's.
      await sleep(1_500);
      // The first round is for the compiler to warm up.
      if (round >= 0) results[name].push(result);
    }
  }
  const of = (name, figure) => median(results[name].map((result) => result[figure]));
  console.log('target'.padEnd(34), 'requests/s'.padStart(11), 'p50 ms'.padStart(8), 'p99 ms'.padStart(8), 'refused'.padStart(8));
  for (const name of Object.keys(targets)) {
    const refused = results[name].reduce((sum, result) => sum + result.refused, 0);
    const figures = [
      of(name, 'perSecond').toFixed(0).padStart(11),
      ...['p50Ms', 'p99Ms'].map((figure) => of(name, figure).toFixed(2).padStart(8)),
    ];
    console.log(name.padEnd(34), ...figures, String(refused).padStart(8));
  }
  return of;
}

/** The least of some samples: what is alive, without what waits to be collected. */
async function liveHeapMegabytes(port) {
  const samples = [];
  for (let count = 0; count < 40; count += 1) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    samples.push(Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)[1]));
    await sleep(250);
  }
  return Math.min(...samples) / 1_000_000;
}

async function measureHeap(loader, keyward, minutes) {
  const load = answerOf(loader, { port: keyward.port, path: '/verify', keys: manyKeys, connections, seconds: minutes * 60 + 5 });
  await sleep(50_000);
  console.log(`live heap after 1 minute:  ${(await liveHeapMegabytes(keyward.port)).toFixed(1)} MB`);
  await sleep((minutes - 1) * 60_000 - 10_000);
  console.log(`live heap after ${minutes} minutes: ${(await liveHeapMegabytes(keyward.port)).toFixed(1)} MB`);
  const { perSecond, refused } = await load;
  console.log(`${perSecond.toFixed(0)} requests/s over ${manyKeys} keys all the while, ${refused} refused`);
}

/** Row F7 of the requirements: p99 with the flood at most 3 times that without. */
async function measureFlood(loader, { port }) {
  const load = { port, path: '/verify', keys: FEW_KEYS, connections, seconds };
  const p99 = { calm: [], flooded: [] };
  for (let round = -1; round < rounds; round += 1) {
    const calm = await answerOf(loader, load);
    const flood = await floodWithSignIns(port);
    const flooded = await answerOf(loader, load);
    const { served, refused } = await flood.stop();
    await sleep(1_500);
    if (round < 0) continue;
    p99.calm.push(calm.p99Ms);
    p99.flooded.push(flooded.p99Ms);
    const rates = [calm, flooded].map(({ perSecond }) => `${perSecond.toFixed(0)}/s`);
    console.log(`p99 ${calm.p99Ms.toFixed(2)} ms at ${rates[0]}; flooded ${flooded.p99Ms.toFixed(2)} ms at ${rates[1]}`);
    console.log(`  sign-ins meanwhile: ${served} served, ${refused} refused with 503`);
  }
  console.log(`p99 of /verify with 100 sign-ins at once, of that without: ${(median(p99.flooded) / median(p99.calm)).toFixed(2)}`);
}

const postgres = await startEmbeddedPostgres({ dataDir: directory, password: randomBytes(12).toString('hex'), logger });
try {
  const urlOf = (database) => Object.assign(new URL(postgres.url), { pathname: `/${database}` }).href;
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  const keywardWith = async (database, keyCount) => {
    await admin.query(`CREATE DATABASE ${database}`);
    await seed(urlOf(database), keyCount);
    return startKeyward(urlOf(database));
  };
  const keywardWithMany = () => {
    console.error(`making ${manyKeys} keys …`);
    return keywardWith('many', manyKeys);
  };
  const loader = forked('load.mjs');
  if (values.flood) {
    await measureFlood(loader, await keywardWith('few', FEW_KEYS));
  } else if (values.minutes !== undefined) {
    await measureHeap(loader, await keywardWithMany(), Number(values.minutes));
  } else {
    const many = await keywardWithMany();
    const few = await keywardWith('few', FEW_KEYS);
    const baseline = await answerOf(forked('baseline.mjs'));
    const mutation = (field) =>
      JSON.stringify({ query: `mutation V($key: String!) { ${field} { valid code } }`, variables: { key: 'KEY' } });
    const of = await measureThroughput(loader, {
      'bare Fastify route': { port: baseline.port, path: '/hello', keys: FEW_KEYS },
      [`GET /verify, ${FEW_KEYS} keys`]: { port: few.port, path: '/verify', keys: FEW_KEYS },
      [`GET /verify, ${manyKeys} keys`]: { port: many.port, path: '/verify', keys: manyKeys },
      'bare Apollo field': { port: baseline.port, path: '/graphql', body: mutation('hello(key: $key)'), keys: FEW_KEYS },
      verifyApiKey: { port: few.port, path: '/graphql', body: mutation('verifyApiKey(input: { key: $key })'), keys: FEW_KEYS },
    });
    const ratio = (text, name, base, figure = 'perSecond') =>
      console.log(text.padEnd(60), (of(name, figure) / of(base, figure)).toFixed(2));
    console.log();
    ratio('throughput of /verify, of a bare route', `GET /verify, ${FEW_KEYS} keys`, 'bare Fastify route');
    ratio('p99 of /verify, of a bare route', `GET /verify, ${FEW_KEYS} keys`, 'bare Fastify route', 'p99Ms');
    ratio(
      `throughput of /verify over ${manyKeys} keys, of that over ${FEW_KEYS}`,
      `GET /verify, ${manyKeys} keys`,
      `GET /verify, ${FEW_KEYS} keys`,
    );
    ratio('throughput of verifyApiKey, of a bare Apollo field', 'verifyApiKey', 'bare Apollo field');
  }
  await admin.end();
} finally {
  for (const child of children) child.kill();
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
}

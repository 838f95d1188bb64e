// Shared code of the benchmarks: a PostgreSQL with keys, servers, the load, and medians of alternating rounds.
import { fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { prepare, root } from '../lib/prepare.mjs';
import { startThrowawayPostgres } from '../lib/throwaway-postgres.mjs';
import { cpuMicroseconds, parentOf } from './cpu-time.mjs';

const KEYS_PER_USER = 100;
const KEYS_PER_STATEMENT = 10_000;

prepare();
const { fingerprintOf } = await import('../../dist/platform/plaintext-key.js');
const { migrate } = await import('../../dist/runtime/migrations.js');
const { createLogger } = await import('../../dist/platform/logger.js');
const { benchKey } = await import('./keys.mjs');

const logger = createLogger('silent');
/**
 * @typedef {import('node:child_process').ChildProcess} ChildProcess
 * @typedef {{ port: number, child: ChildProcess }} Server
 * @typedef {'uniform' | 'zipf' | 'sequential'} Distribution of the keys of a load. Zipf: the n-th key gets 1/n of the requests of the first.
 *   Sequential: every key is sent once
 * @typedef {{ port: number, path: string, body?: string, keys: number, distribution?: Distribution, sendsKey?: boolean, pid?: number | undefined }} Target
 *   what a load is sent to. By default, the distribution is uniform and the key is sent. The CPU time of `pid` is measured
 * @typedef {Target & { connections: number, seconds: number }} Load
 * @typedef {{ answered: number, perSecond: number, p50Ms: number, p99Ms: number, rejected: number }} LoadResult
 * @typedef {LoadResult & { nodeUs: number, postgresUs: number }} Measurement with the CPU time of each answer in microseconds
 * @typedef {{ headers: Record<string, string>, body: string }} CopiedAnswer
 * @typedef {(database: string, keyCount: number) => Promise<string>} NewDatabase
 */

/** @type {ChildProcess[]} child processes that end with the benchmark */
export const children = [];

/**
 * Fills a new database with `keyCount` keys and their users.
 *
 * @param {string} url
 * @param {number} keyCount
 */
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

export const METRICS_TOKEN = randomBytes(16).toString('hex');

/**
 * @param {string} databaseUrl
 * @param {Record<string, string>} env settings in addition to the defaults
 * @param {string} [preload] a module of this folder that the server loads first and that exchanges messages
 * @param {string} [checkout] folder of another version of Keyward, built and with its dependencies
 * @returns {Promise<Server>}
 */
export async function startKeyward(databaseUrl, env = {}, preload = undefined, checkout = root) {
  const flags = preload ? ['--import', path.join(root, 'scripts/bench', preload)] : [];
  const child = spawn(process.execPath, [...flags, 'dist/main.js'], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'inherit', preload ? 'ipc' : 'ignore'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      NODE_ENV: 'production',
      METRICS_TOKEN,
      DATABASE_URL: databaseUrl,
      APP_SECRETS: randomBytes(32).toString('base64'),
      ...env,
    },
  });
  children.push(child);
  const { stdout } = child;
  if (!stdout) throw new Error('The server has no stdout.');
  let output = '';
  stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  while (!output.includes('Keyward is ready')) await sleep(20);
  stdout.removeAllListeners('data').resume();
  return { child, port: Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1]) };
}

/**
 * Runs a script of this folder that exchanges messages.
 *
 * @param {string} file
 */
export function forked(file) {
  const child = fork(path.join(root, 'scripts/bench', file), { stdio: 'inherit' });
  children.push(child);
  return child;
}

/**
 * @param {ChildProcess} child
 * @param {import('node:child_process').Serializable} [message] nothing is sent without it
 */
export async function answerOf(child, message) {
  if (message) child.send(message);
  const [answer] = await once(child, 'message');
  return answer;
}

/** @param {number[]} numbers */
export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/**
 * Sends one load, and measures the CPU time that the server and PostgreSQL took for it.
 *
 * @param {ChildProcess} loader
 * @param {Load} load
 * @param {number | undefined} postgresPid
 * @returns {Promise<Measurement>}
 */
export async function measure(loader, load, postgresPid) {
  const before = [cpuMicroseconds(load.pid), cpuMicroseconds(postgresPid)];
  const result = await answerOf(loader, load);
  // The server finishes the work of the load (writing usage) before the next measurement.
  await sleep(1_500);
  const after = [cpuMicroseconds(load.pid), cpuMicroseconds(postgresPid)];
  const [nodeUs, postgresUs] = after.map((end, index) => (end - (before[index] ?? Number.NaN)) / result.answered);
  return { ...result, nodeUs, postgresUs };
}

/** @type {readonly [keyof Measurement, string, number][]} figure, title and decimal places of each column */
const COLUMNS = [
  ['perSecond', 'requests/s', 0],
  ['p50Ms', 'p50 ms', 2],
  ['p99Ms', 'p99 ms', 2],
  ['nodeUs', 'Node µs', 1],
  ['postgresUs', 'PG µs', 1],
];

/**
 * Loads the targets in turn, in several rounds, and prints the medians.
 *
 * @param {ChildProcess} loader
 * @param {Record<string, Target>} targets
 * @param {{ rounds: number, seconds: number, connections: number, postgresPid?: number | undefined }} options
 * @returns the median of one figure of one target
 */
export async function measureThroughput(loader, targets, { rounds, seconds, connections, postgresPid }) {
  /** @type {Map<string, Measurement[]>} */
  const results = new Map(Object.keys(targets).map((name) => [name, []]));
  /** @param {string} name */
  const resultsOf = (name) => results.get(name) ?? [];
  for (let round = -1; round < rounds; round += 1) {
    // Each round has another order, so that no target always follows the same one.
    const names = Object.entries(targets);
    const order = [...names.slice(Math.max(0, round) % names.length), ...names.slice(0, Math.max(0, round) % names.length)];
    for (const [name, target] of order) {
      const result = await measure(loader, { connections, seconds, ...target }, postgresPid);
      // In the first round the compiler warms up.
      if (round >= 0) resultsOf(name).push(result);
    }
  }
  /** @param {string} name @param {keyof Measurement} figure */
  const of = (name, figure) => median(resultsOf(name).map((result) => result[figure]));
  console.log('target'.padEnd(34), ...COLUMNS.map(([, title]) => title.padStart(10)), 'rejected'.padStart(9));
  for (const name of Object.keys(targets)) {
    const rejected = resultsOf(name).reduce((sum, result) => sum + result.rejected, 0);
    const figures = COLUMNS.map(([figure, , places]) => {
      const value = of(name, figure);
      return (Number.isNaN(value) ? '–' : value.toFixed(places)).padStart(10);
    });
    console.log(name.padEnd(34), ...figures, String(rejected).padStart(9));
  }
  return of;
}

/**
 * Prints the ratio of a figure of two targets.
 *
 * @param {string} text
 * @param {number} value
 * @param {number} base
 */
export const printRatio = (text, value, base) => console.log(text.padEnd(60), (value / base).toFixed(2));

/**
 * Runs a benchmark on a PostgreSQL of its own, which is removed afterwards.
 *
 * @param {(given: { directory: string, newDatabase: NewDatabase, postgresPid: number | undefined }) => Promise<void>} bench receives a temporary directory, and `newDatabase`, which creates a database with `keyCount` keys and returns
 *   its URL. `postgresPid` is known on Linux alone
 */
export async function withPostgres(bench) {
  const directory = mkdtempSync(path.join(tmpdir(), 'keyward-bench-'));
  const postgres = await startThrowawayPostgres(directory);
  const admin = new pg.Client({ connectionString: postgres.url });
  try {
    await admin.connect();
    const { rows } = await admin.query('SELECT pg_backend_pid() AS pid');
    await bench({
      directory,
      postgresPid: parentOf(rows[0].pid),
      newDatabase: async (database, keyCount) => {
        const url = Object.assign(new URL(postgres.url), { pathname: `/${database}` }).href;
        await admin.query(`CREATE DATABASE ${database}`);
        await seed(url, keyCount);
        return url;
      },
    });
  } finally {
    await admin.end();
    for (const child of children) child.kill();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

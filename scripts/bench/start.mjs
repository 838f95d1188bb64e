// npm run bench:start [-- ROUNDS]: measures the time from `npm start` on a built tree to the first answered query, and the
// resident memory of the server process at that time and after some use. Every round uses the same data directory, as a
// restart does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepare, root } from '../lib/prepare.mjs';
import { ask } from '../lib/running-server.mjs';

const ROUNDS = Number(process.argv[2] ?? 5);
const USES = 200;

prepare();
const directory = mkdtempSync(path.join(tmpdir(), 'keyward-bench-'));

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/**
 * Signs up, because the measured query must reach the database.
 *
 * @param {string} origin
 */
const signUp = (origin) =>
  ask(
    origin,
    `mutation { signUp(input: { email: "bench-${Date.now()}@example.com", password: "correct horse battery staple" }) { accessToken } }`,
  );

/** @param {number} pid */
const residentMegabytes = (pid) => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_000;

async function round() {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const startedAt = performance.now();
  const npm = spawn('npm', ['start'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
    env: { ...process.env, PORT: String(port), DATA_DIR: path.join(directory, 'data'), DATABASE_URL: '' },
  });
  let output = '';
  npm.stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  let answer;
  while (!answer) {
    answer = await ask(origin, '{ __typename }').catch(() => null);
    if (!answer) await sleep(5);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  while (!output.includes('Keyward is ready')) await sleep(5);
  const { pid } = JSON.parse(output.split('\n').find((line) => line.includes('Keyward is ready')) ?? '');
  const fresh = residentMegabytes(pid);
  const { accessToken } = (await signUp(origin)).signUp;
  for (let use = 0; use < USES; use += 1) await ask(origin, '{ me { id } myApiKeys { id name } }', { token: accessToken });
  const used = residentMegabytes(pid);
  if (npm.pid !== undefined) process.kill(-npm.pid, 'SIGTERM');
  await once(npm, 'exit');
  return { seconds, fresh, used };
}

/** @param {number[]} values */
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
try {
  await round(); // creates the database
  const rounds = [];
  for (let count = 0; count < ROUNDS; count += 1) rounds.push(await round());
  console.log(`median of ${ROUNDS} starts on a built tree and an existing embedded database`);
  console.log(`from npm start to the first answered query: ${median(rounds.map(({ seconds }) => seconds)).toFixed(2)} s`);
  console.log(`resident memory at the first query:         ${median(rounds.map(({ fresh }) => fresh)).toFixed(0)} MB`);
  console.log(`resident memory after ${USES} queries:          ${median(rounds.map(({ used }) => used)).toFixed(0)} MB`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

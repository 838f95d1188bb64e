import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/program.js';
import { spawnServer, startServer } from '../support/server-process.js';

let home: string;
let env: Record<string, string>;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'keyward-log-'));
  env = { DATABASE_URL: await newDatabase(), APP_SECRETS: Buffer.from('0123456789abcdef0123456789abcdef').toString('base64') };
});
afterAll(() => rm(home, { recursive: true, force: true }));

const statusOf = async (url: string, headers: Record<string, string> = {}): Promise<number> => {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
  await response.arrayBuffer();
  return response.status;
};

/** Waits for readiness by HTTP, because the log of this process is not read. */
const isReady = (url: string, child: ChildProcess) =>
  eventually(async () => expect(await statusOf(`${url}/readyz`)).toBe(200), {
    withinMs: 60_000,
    unless: () => child.exitCode !== null,
  });

/** Sends requests, some of them concurrently. Returns the number of responses by status. */
async function flood(count: number, ask: () => Promise<number>): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  let left = count;
  const workers = Array.from({ length: 20 }, async () => {
    while (left > 0) {
      left -= 1;
      const status = await ask();
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  });
  await Promise.all(workers);
  return statuses;
}

describe('H8: a log without a reader', () => {
  test('delays no request, is bounded, and lets the process end in time', async () => {
    // 2,000 requests log more than a pipe holds. LOG_LEVEL=debug adds lines that are never aggregated.
    const port = await freePort();
    const child = spawn(process.execPath, ['dist/main.js'], {
      env: { PATH: process.env.PATH ?? '', PORT: String(port), LOG_LEVEL: 'debug', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const url = `http://127.0.0.1:${port}`;
    await isReady(url, child);
    const operation = () =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{ __typename }"}',
        signal: AbortSignal.timeout(10_000),
      }).then(async (response) => {
        await response.arrayBuffer();
        return response.status;
      });
    expect(await flood(2_000, operation)).toEqual({ 200: 2_000 });
    expect(await flood(500, () => statusOf(`${url}/verify`, { 'x-api-key': 'none' }))).toEqual({ 401: 500 });
    expect(await statusOf(`${url}/healthz`)).toBe(200);
    expect(child.stdout.readableLength).toBeLessThan(200_000);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});

describe('H8: the log of a flood of rejected verifications', () => {
  test('has at most 100 lines a second, and counts the rest', async () => {
    const server = await startServer(env);
    const startedAt = performance.now();
    expect(await flood(2_000, () => statusOf(`${server.url}/verify`, { 'x-api-key': 'none' }))).toEqual({ 401: 2_000 });
    const seconds = Math.ceil((performance.now() - startedAt) / 1_000);
    await server.stop();
    const lines = server
      .stdout()
      .split('\n')
      .filter((line) => line.includes('verification rejected'))
      .map((line) => JSON.parse(line));
    const counted = lines.reduce((sum, { counts }) => sum + (counts?.MALFORMED ?? 1), 0);
    expect(counted).toBe(2_000);
    // A line at the end of each second counts the rest. A flood of 2.5 seconds can be in 4 of these seconds.
    expect(lines.length).toBeLessThanOrEqual(101 * (seconds + 1));
    expect(lines.some(({ counts }) => counts?.MALFORMED > 0)).toBe(true);
  });
});

describe('the log at the end of a process', () => {
  test('F5: has the last lines of a clean end', async () => {
    const server = await startServer(env);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(
      server
        .stdout()
        .trim()
        .split('\n')
        .slice(-2)
        .map((line) => JSON.parse(line).msg),
    ).toEqual(['stopping', 'stopped']);
  });

  test('F5: has the last lines also where stdout is a file', async () => {
    const file = path.join(home, 'log');
    const port = await freePort();
    const command = `exec "${process.execPath}" dist/main.js > "${file}"`;
    const child = spawn('/bin/sh', ['-c', command], { env: { PATH: process.env.PATH ?? '', PORT: String(port), ...env }, stdio: 'ignore' });
    const exited = once(child, 'exit');
    await isReady(`http://127.0.0.1:${port}`, child);
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(await readFile(file, 'utf8')).toMatch(/Keyward is ready[\s\S]*"msg":"stopped"\}\n$/);
  });

  test('has the lines before an error of the start, which is reported on stderr', async () => {
    const port = await freePort();
    const first = await startServer({ ...env, PORT: String(port) });
    const second = spawnServer({ ...env, PORT: String(port), LOG_LEVEL: 'debug' });
    expect((await second.exited).code).toBe(1);
    expect(second.stderr()).toMatch(/^keyward: .*PORT.*\n$/);
    await first.stop();
  });
});

test('LOG_FORMAT=pretty writes human-readable lines, without color if stdout is no terminal', async () => {
  const server = await startServer({ ...env, LOG_FORMAT: 'pretty' });
  await statusOf(`${server.url}/nothing`);
  await server.stop();
  expect(server.stdout()).toMatch(/^\d\d:\d\d:\d\d INFO {2}Keyward is ready url=http:/m);
  expect(server.stdout()).toMatch(/^\d\d:\d\d:\d\d INFO {2}request completed requestId=\S+ method=GET status=404 /m);
  expect(server.stdout()).not.toContain('\u001b');
});

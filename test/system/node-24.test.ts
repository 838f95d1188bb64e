import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ask, type ServerProcess, startServer } from '../support/server-process.js';
import { PASSWORD } from '../support/test-app.js';

/** An exact version, so that npm’s cache keeps it. npm’s `node` package installs this package by a script. */
const NODE_PACKAGE = `node-${process.platform}-${process.arch}@24.21.0`;

let node: string;
let dataDir: string;
let server: ServerProcess | undefined;
beforeAll(() => {
  const args = ['--yes', '--prefer-offline', `--package=${NODE_PACKAGE}`, '-c', 'node -p process.execPath'];
  const { status, stdout, stderr } = spawnSync('npx', args, { cwd: tmpdir(), encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  node = stdout.trim();
}, 300_000);
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'keyward-node-24-'));
});
afterEach(async () => {
  await server?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test('the image and the documentation use the major version that these tests run', () => {
  const versions = readFileSync('Dockerfile', 'utf8').match(/(?<=^FROM node:)\S+/gm);
  expect(versions).toEqual(['24-bookworm-slim', '24-bookworm-slim', '24-bookworm-slim']);
  expect(readFileSync('README.md', 'utf8')).toContain('Node 24');
});

test('the built server runs on Node 24 with the embedded database: sign up, create, verify, revoke, verify', async () => {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  expect(version).toMatch(/^v24\./);
  server = await startServer({ DATA_DIR: dataDir, NODE_ENV: 'production' }, { node });
  const { signUp } = await ask<{ signUp: { accessToken: string } }>(
    server,
    `mutation { signUp(input: { email: "ada@example.com", password: "${PASSWORD}" }) { accessToken } }`,
  );
  const { createApiKey } = await ask<{ createApiKey: { plaintextKey: string; apiKey: { id: string } } }>(
    server,
    'mutation { createApiKey { plaintextKey apiKey { id } } }',
    {},
    signUp.accessToken,
  );
  const { plaintextKey, apiKey } = createApiKey;
  const verify = async () => (await fetch(`${server?.url}/verify`, { headers: { 'x-api-key': plaintextKey } })).status;
  expect(await verify()).toBe(200);
  await ask(server, `mutation { revokeApiKey(id: "${apiKey.id}") { apiKey { status } } }`, {}, signUp.accessToken);
  expect(await verify()).toBe(401);

  const env = { PATH: process.env.PATH ?? '', DATA_DIR: dataDir };
  const listed = spawnSync(node, ['dist/cli/main.js', 'users', 'list'], { env, encoding: 'utf8' });
  expect(listed).toMatchObject({ stdout: expect.stringContaining('ada@example.com'), stderr: '', status: 0 });
  const running = server;
  server = undefined;
  expect(await running.stop()).toEqual({ code: 0, signal: null });
  expect(running.stderr()).toBe('');
});

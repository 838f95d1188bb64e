import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { unprivilegedUser } from '../../src/platform/database/unprivileged-user.js';
import { ask, startServer } from '../helpers/server-process.js';
import { PASSWORD } from '../helpers/test-app.js';

const PROGRAMS = '/usr/lib/postgresql/15/bin';
const user = unprivilegedUser([PROGRAMS], null);

let directory: string;
let port: number;

function run(program: string, ...programArgs: string[]): void {
  const { file, args, ...ids } = user.command(path.join(PROGRAMS, program), programArgs);
  // Not through pipes: the database, which goes on, would hold them open.
  const { status } = spawnSync(file, args, { ...ids, cwd: directory, stdio: 'ignore' });
  if (status !== 0) throw new Error(`${program} failed with ${status}`);
}

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'keyward-pg15-'));
  chmodSync(directory, 0o755);
  if (user.owner) chownSync(directory, user.owner.uid, user.owner.gid);
  port = await new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as { port: number };
      probe.close(() => resolve(free));
    });
  });
  run('initdb', '--pgdata=data', '--username=keyward', '--auth=trust', '--encoding=UTF8', '--no-sync');
  const options = `-c port=${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`;
  run('pg_ctl', 'start', '--pgdata=data', '--wait', '--log=log', `--options=${options}`);
});
afterAll(() => {
  run('pg_ctl', 'stop', '--pgdata=data', '--mode=fast');
  rmSync(directory, { recursive: true, force: true });
});

test('serves from Debian’s PostgreSQL 15, in production: sign-up, create, list, revoke; two replicas', async () => {
  const env = {
    NODE_ENV: 'production',
    DATABASE_URL: `postgresql://keyward@127.0.0.1:${port}/postgres`,
    APP_SECRETS: randomBytes(32).toString('base64'),
  };
  const [one, other] = await Promise.all([startServer(env), startServer(env)]);
  const signUp = `mutation { signUp(input: { email: "ada@example.com", password: "${PASSWORD}" }) { accessToken } }`;
  const { accessToken } = (await ask<{ signUp: { accessToken: string } }>(one, signUp)).signUp;
  const created = await ask<{ createApiKey: { plaintextKey: string; apiKey: { id: string } } }>(
    one,
    'mutation { createApiKey(input: { name: "a" }) { plaintextKey apiKey { id } } }',
    {},
    accessToken,
  );
  const { id } = created.createApiKey.apiKey;
  expect(await ask(other, '{ myApiKeys { id name status } }', {}, accessToken)).toEqual({
    myApiKeys: [{ id, name: 'a', status: 'ACTIVE' }],
  });
  expect(await ask(other, `mutation { revokeApiKey(id: "${id}") { apiKey { status } } }`, {}, accessToken)).toEqual({
    revokeApiKey: { apiKey: { status: 'REVOKED' } },
  });
  expect(await ask(one, '{ myApiKeys { id } }', {}, accessToken)).toEqual({ myApiKeys: [] });
  expect(await Promise.all([one.stop(), other.stop()])).toEqual([
    { code: 0, signal: null },
    { code: 0, signal: null },
  ]);
});

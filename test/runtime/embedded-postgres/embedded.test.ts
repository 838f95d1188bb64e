import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { ask, postgresPid, type ServerProcess, spawnServer, startServer } from '../../support/server-process.js';
import { PASSWORD } from '../../support/test-app.js';

const SIGN_UP = 'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken refreshToken user { id } } }';
const input = { email: 'ada@example.com', password: PASSWORD };

let directory: string;
let dataDir: string;
let servers: ServerProcess[];
beforeEach(async () => {
  // Readable by its owner only, as mktemp -d creates it. The PostgreSQL that root starts must still reach it.
  directory = await mkdtemp(path.join(tmpdir(), 'keyward-process-'));
  dataDir = path.join(directory, 'data');
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop('SIGKILL')));
  const pid = await postgresPid(dataDir);
  if (pid !== null) process.kill(pid, 'SIGKILL');
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

async function start(env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await startServer({ DATA_DIR: dataDir, ...env });
  servers.push(server);
  return server;
}

function spawn(env: Record<string, string> = {}): ServerProcess {
  const server = spawnServer({ DATA_DIR: dataDir, ...env });
  servers.push(server);
  return server;
}

describe('the server on the embedded database', () => {
  test('keeps its data over a clean stop and the next start, and leaves no process running in between', async () => {
    const first = await start();
    const { signUp } = await ask<{ signUp: { accessToken: string } }>(first, SIGN_UP, { input });
    await ask(first, 'mutation { createApiKey(input: { name: "kept" }) { plaintextKey } }', {}, signUp.accessToken);
    expect(await first.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await postgresPid(dataDir)).toBeNull();
    expect(first.stderr()).toBe('');

    const second = await start();
    expect(await ask(second, '{ myApiKeys { name } }', {}, signUp.accessToken)).toEqual({ myApiKeys: [{ name: 'kept' }] });
    await second.stop();
  });

  test('F4: adopts the PostgreSQL that kill -9 left running, with users, sessions and keys', async () => {
    const first = await start();
    const { signUp } = await ask<{ signUp: { accessToken: string; refreshToken: string } }>(first, SIGN_UP, { input });
    await ask(first, 'mutation { createApiKey(input: { name: "kept" }) { plaintextKey } }', {}, signUp.accessToken);
    await first.stop('SIGKILL');
    const orphan = await postgresPid(dataDir);
    expect(orphan).not.toBeNull();

    const second = await start();
    expect(await postgresPid(dataDir)).toBe(orphan);
    expect(await ask(second, '{ myApiKeys { name } }', {}, signUp.accessToken)).toEqual({ myApiKeys: [{ name: 'kept' }] });
    await ask(second, `mutation { refreshSession(refreshToken: "${signUp.refreshToken}") { accessToken } }`);
    await second.stop();
    expect(await postgresPid(dataDir)).toBeNull();
  });

  test('starts after all processes were killed, also with a stale pid file that has the number of another program', async () => {
    const first = await start();
    await ask(first, SIGN_UP, { input });
    const pid = await postgresPid(dataDir);
    await first.stop('SIGKILL');
    process.kill(pid ?? 0, 'SIGKILL');
    const pidFile = path.join(dataDir, 'postgres/postmaster.pid');
    const lines = (await readFile(pidFile, 'utf8')).split('\n');
    await writeFile(pidFile, [process.pid, ...lines.slice(1)].join('\n'));

    const second = await start();
    await expect(ask(second, SIGN_UP, { input })).rejects.toThrow('EMAIL_TAKEN');
    await second.stop();
  });

  test('restarts PostgreSQL after a crash, and continues', async () => {
    const server = await start();
    const { signUp } = await ask<{ signUp: { accessToken: string } }>(server, SIGN_UP, { input });
    process.kill((await postgresPid(dataDir)) ?? 0, 'SIGQUIT');
    const answer = () => ask(server, '{ myApiKeys { name } }', {}, signUp.accessToken);
    await eventually(async () => expect(await answer()).toEqual({ myApiKeys: [] }), { withinMs: 10_000 });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(await postgresPid(dataDir)).toBeNull();
  });

  test('creates secrets at the first start that only their owner can read', async () => {
    const server = await start();
    expect((await stat(path.join(dataDir, 'secrets.json'))).mode & 0o777).toBe(0o600);
    const { databasePassword, appSecrets } = JSON.parse(await readFile(path.join(dataDir, 'secrets.json'), 'utf8'));
    await server.stop();
    for (const secret of [databasePassword, ...appSecrets]) expect(server.stdout() + server.stderr()).not.toContain(secret);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'stops cleanly once after repeated %s to the process group, as from a terminal: exit code 0, the database last',
    async (signal) => {
      const server = await start();
      // Repeated for long enough to reach the programs that the server starts in order to stop its database. They end too quickly
      // to be observed.
      for (let count = 0; count < 60 && server.child.exitCode === null; count += 1) {
        process.kill(-(server.child.pid ?? 0), signal);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      expect(await server.exited).toEqual({ code: 0, signal: null });
      expect(await postgresPid(dataDir)).toBeNull();
      const events = server
        .stdout()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(events.slice(-2).map(({ msg }) => msg)).toEqual(['stopping', 'stopped']);
      expect(events.filter(({ level }) => level > 30)).toEqual([]);
    },
  );

  test('a signal during the start stops the server after it has started', async () => {
    const server = spawn();
    await eventually(async () => expect(await postgresPid(dataDir)).not.toBeNull(), { withinMs: 30_000 });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(await postgresPid(dataDir)).toBeNull();
  });
});

describe('F9: the start fails with one clear line on stderr and exit code 1', () => {
  const expectStartError = async (server: ServerProcess, reason: RegExp) => {
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.stderr().trim().split('\n')).toEqual([expect.stringMatching(reason)]);
  };

  test('if another process uses the same DATA_DIR, and that process continues', async () => {
    const first = await start();
    await expectStartError(spawn(), /^keyward: Another Keyward process uses this DATA_DIR. Stop it, or set a different DATA_DIR.$/);
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    await first.stop();
  });

  test('in one of two processes that create the same DATA_DIR at once, and the other process starts', async () => {
    const both = [spawn(), spawn()];
    const loser = await Promise.race(both.map((server) => server.exited.then(() => server)));
    await expectStartError(loser, /^keyward: Another Keyward process uses this DATA_DIR. Stop it, or set a different DATA_DIR.$/);
    const winner = both.find((server) => server !== loser);
    await eventually(() => expect(winner?.stdout()).toContain('Keyward is ready'), { withinMs: 30_000 });
    expect(await winner?.stop()).toEqual({ code: 0, signal: null });
  });

  test('if the port is in use, and the database that was started is stopped', async () => {
    const first = await start();
    const other = path.join(directory, 'other');
    await expectStartError(
      spawn({ DATA_DIR: other, PORT: new URL(first.url).port }),
      /^keyward: \S+:\d+ is already in use\. Set HOST or PORT\.$/,
    );
    expect(await postgresPid(other)).toBeNull();
    await first.stop();
  });

  test('if DATA_DIR is a file, is below a file, or is a dangling link', async () => {
    await writeFile(dataDir, 'a file');
    const link = path.join(directory, 'link');
    await symlink(path.join(directory, 'nothing', 'here'), link);
    for (const each of [dataDir, path.join(dataDir, 'below'), link]) {
      await expectStartError(spawn({ DATA_DIR: each }), new RegExp(`^keyward: DATA_DIR ${each} is not writable \\(E\\w+\\)$`));
    }
  });

  // Only Linux has these file systems, in which even root cannot create files.
  const special = ['/proc/nope', '/proc/nope/deeper/still', '/proc', '/sys/nope'].filter(() => process.platform === 'linux');
  test.each(special)('if DATA_DIR is on a file system in which no file can be created: %s', async (each) => {
    await expectStartError(spawn({ DATA_DIR: each }), new RegExp(`^keyward: DATA_DIR ${each} is not writable \\(E\\w+\\)$`));
  });

  test('but not if parents of DATA_DIR are missing, which are created', async () => {
    const server = await start({ DATA_DIR: path.join(dataDir, 'deep', 'er') });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    await server.stop();
  });

  test('if a shell would interpret DATA_DIR differently', async () => {
    await expectStartError(spawn({ DATA_DIR: path.join(directory, 'a $HOME') }), /^keyward: DATA_DIR must not contain/);
  });

  test.each([
    ['is truncated', '{"databasePassword": "kanarie'],
    ['has an invalid secret', '{"databasePassword": "kanarie", "appSecrets": ["AAAA"]}'],
  ])('if the secrets file %s, and prints nothing of it', async (_case, content) => {
    await (await start()).stop();
    await writeFile(path.join(dataDir, 'secrets.json'), content);
    const server = spawn();
    await expectStartError(server, /^keyward: \S+secrets.json is unreadable or damaged/);
    expect(server.stderr()).not.toContain('kanarie');
  });

  test('if the secrets file belongs to another database', async () => {
    await (await start()).stop();
    await rm(path.join(dataDir, 'secrets.json'));
    await expectStartError(spawn(), /^keyward: The embedded database rejects the password in secrets.json/);
    await chmod(dataDir, 0o700);
  });
});

import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { prepareDataDir } from '../../src/platform/data-dir.js';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';
import { type Account, unprivilegedUser } from '../../src/platform/database/unprivileged-user.js';
import { createLogger } from '../../src/platform/logger.js';
import { runBuiltCommand } from '../helpers/commands.js';
import {
  ask,
  postgresEndpoint,
  postgresPid,
  type ServerOptions,
  type ServerProcess,
  spawnServer,
  startServer,
} from '../helpers/server-process.js';
import { PASSWORD } from '../helpers/test-app.js';

const SIGN_UP = 'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }';
const input = { email: 'ada@example.com', password: PASSWORD };
const isRoot = process.getuid?.() === 0;
const NAMELESS_USER = { uid: 54_321, gid: 54_321 };

let directory: string;
let dataDir: string;
let servers: ServerProcess[];
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'keyward-socket-'));
  await chmod(directory, 0o711);
  dataDir = path.join(directory, 'data');
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop('SIGKILL')));
  const pid = await postgresPid(dataDir);
  if (pid !== null) process.kill(pid, 'SIGKILL');
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

async function start(env: Record<string, string> = {}, options: ServerOptions = {}): Promise<ServerProcess> {
  const server = await startServer({ DATA_DIR: dataDir, ...env }, options);
  servers.push(server);
  return server;
}

const linesOf = (server: ServerProcess): Record<string, unknown>[] =>
  server
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

async function databasePassword(): Promise<string> {
  return JSON.parse(await readFile(path.join(dataDir, 'secrets.json'), 'utf8')).databasePassword;
}

async function connect(database = 'keyward', user = 'keyward'): Promise<pg.Client> {
  const { folder } = await postgresEndpoint(dataDir);
  const client = new pg.Client({ host: folder, port: 5432, user, password: await databasePassword(), database });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const signUpAgain = (server: ServerProcess) => ask(server, SIGN_UP, { input });

describe('the embedded PostgreSQL', () => {
  test('F12: listens on a Unix socket in a folder that its user alone can enter, and on no TCP port', async () => {
    await start();
    expect(await postgresEndpoint(dataDir)).toEqual({ folder: path.join(dataDir, 'socket'), address: '' });
    const [folder, cluster] = await Promise.all([stat(path.join(dataDir, 'socket')), stat(path.join(dataDir, 'postgres'))]);
    expect([folder.mode & 0o777, folder.uid]).toEqual([0o700, cluster.uid]);
    const client = await connect();
    const { rows } = await client.query(
      `SELECT name, setting FROM pg_settings WHERE name IN ('listen_addresses', 'unix_socket_permissions')`,
    );
    await client.end();
    expect(rows).toEqual([
      { name: 'listen_addresses', setting: '' },
      { name: 'unix_socket_permissions', setting: '0700' },
    ]);
  });

  test('F12: a local user cannot put a socket in its place while it is down', async () => {
    const server = await start();
    const { folder } = await postgresEndpoint(dataDir);
    await server.stop();
    const takePlace = `require('node:net').createServer().on('error', (e) => { console.log(e.code); process.exit() }).listen(process.argv[1], () => { console.log('taken'); process.exit() })`;
    const attempt = (ids: Partial<Account>) =>
      spawnSync(process.execPath, ['-e', takePlace, path.join(folder, '.s.PGSQL.5432')], {
        ...ids,
        cwd: '/',
        encoding: 'utf8',
      }).stdout.trim();
    // Other users exist for root alone. Without it, what keeps them out is asserted: the folder's mode.
    if (isRoot) expect(attempt(NAMELESS_USER)).toBe('EACCES');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(attempt({})).toBe('taken');
  });

  test('F12: the role of the server owns its database and nothing more: no other right, no file of the machine', async () => {
    await start();
    const client = await connect();
    const { rows } = await client.query(
      `SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
              (SELECT array_agg(datname) FROM pg_database WHERE datdba = r.oid) AS databases,
              (SELECT count(*)::int FROM pg_auth_members WHERE member = r.oid) AS memberships
       FROM pg_roles r WHERE rolname = current_user`,
    );
    expect(rows).toEqual([
      {
        rolsuper: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
        rolbypassrls: false,
        databases: '{keyward}',
        memberships: 0,
      },
    ]);
    for (const sql of [
      `SELECT pg_read_file('/etc/passwd')`,
      `COPY users TO PROGRAM 'cat'`,
      `COPY users TO '/tmp/x'`,
      'ALTER SYSTEM SET port = 1',
      'CREATE ROLE other',
      'SET session_replication_role = replica',
      'ALTER ROLE keyward SUPERUSER',
    ]) {
      await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
    }
    await client.end();
    const maintenance = await connect('postgres');
    await expect(maintenance.query('CREATE TABLE t ()')).rejects.toMatchObject({ code: '42501' });
    await expect(maintenance.query('CREATE TEMPORARY TABLE t ()')).rejects.toMatchObject({ code: '42501' });
    await maintenance.end();
    await expect(connect('postgres', 'postgres')).rejects.toMatchObject({ code: '28000' });
    await expect(connect('template1')).rejects.toMatchObject({ code: '28000' });
  });

  // The programs must be reached as well: a clone may lie in a folder that only root can enter.
  const projectNeedsCapability = unprivilegedUser([process.cwd()], null).command('/bin/true', []).file !== '/bin/true';

  test.each([
    ['of which every folder can be entered', 0o711, projectNeedsCapability ? '4' : '0'],
    ['in a folder that only its owner can enter', 0o700, isRoot ? '4' : '0'],
  ])(
    'F12: on a DATA_DIR %s PostgreSQL runs with the capabilities that it needs alone, and the log says so',
    async (_case, mode, expected) => {
      await chmod(directory, mode);
      const server = await start();
      const status = await readFile(`/proc/${await postgresPid(dataDir)}/status`, 'utf8');
      const capabilities = Number.parseInt(/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '', 16).toString(16);
      expect(capabilities).toBe(expected);
      const reports = linesOf(server).filter(({ capability }) => capability !== undefined);
      expect(reports).toEqual(
        expected === '0' ? [] : [expect.objectContaining({ capability: 'CAP_DAC_READ_SEARCH', paths: expect.anything() })],
      );
      if (mode === 0o700) expect(reports.every(({ paths }) => (paths as string[]).includes(dataDir))).toBe(true);
      if (isRoot) expect(status).not.toMatch(/^Uid:\s+0\s/m);
    },
  );

  test('F9: commands run beside the server, on its database; the audit log is pruned by the role of the server', async () => {
    const server = await start();
    await signUpAgain(server);
    const listed = await runBuiltCommand('users', ['list'], { DATA_DIR: dataDir });
    expect({ ...listed, stdout: listed.stdout.includes(input.email) }).toEqual({ code: 0, stdout: true, stderr: '' });
    const pruned = await runBuiltCommand('audit-prune', ['--before', new Date().toISOString()], { DATA_DIR: dataDir });
    expect({ code: pruned.code, stderr: pruned.stderr }).toEqual({ code: 0, stderr: '' });
    expect(pruned.stdout).toMatch(/^[1-9]\d* events removed$/m);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  test('F1: while it is down requests are answered with 503 and nothing else, and are served again after its return', async () => {
    const server = await start();
    const body = JSON.stringify({ query: SIGN_UP, variables: { input: { ...input, email: 'eve@example.com' } } });
    const statuses: number[] = [];
    process.kill((await postgresPid(dataDir)) ?? 0, 'SIGKILL');
    for (let tries = 0; tries < 200 && statuses.at(-1) !== 200; tries += 1) {
      const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      statuses.push(answer.status);
      await answer.arrayBuffer();
    }
    expect(statuses.at(-1)).toBe(200);
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  });

  test('F4: lock files whose process number belongs to another program now do not keep it from starting', async () => {
    const first = await start();
    await signUpAgain(first);
    const pid = (await postgresPid(dataDir)) ?? 0;
    await first.stop('SIGKILL');
    process.kill(pid, 'SIGKILL');
    for (const file of ['postgres/postmaster.pid', 'socket/.s.PGSQL.5432.lock']) {
      const lines = (await readFile(path.join(dataDir, file), 'utf8')).split('\n');
      await writeFile(path.join(dataDir, file), [process.pid, ...lines.slice(1)].join('\n'));
    }
    await expect(signUpAgain(await start())).rejects.toThrow('EMAIL_TAKEN');
  });
});

describe('DATA_DIR', () => {
  test('F12: whose path is too long for a socket works: the socket lies in a temporary folder, which commands find', async () => {
    dataDir = path.join(directory, 'long-'.repeat(20), 'data');
    const first = await start({}, { cwd: directory });
    const { folder } = await postgresEndpoint(dataDir);
    expect(folder).toMatch(new RegExp(`^${tmpdir()}/keyward-[^/]+$`));
    const [made, cluster] = await Promise.all([stat(folder), stat(path.join(dataDir, 'postgres'))]);
    expect([made.mode & 0o777, made.uid]).toEqual([0o700, cluster.uid]);
    await signUpAgain(first);
    const listed = await runBuiltCommand('users', ['list'], { DATA_DIR: dataDir });
    expect({ ...listed, stdout: listed.stdout.includes(input.email) }).toEqual({ code: 0, stdout: true, stderr: '' });

    // The next one takes over what a killed one left, and goes on after PostgreSQL was killed as well.
    await first.stop('SIGKILL');
    const second = await start();
    expect((await postgresEndpoint(dataDir)).folder).toBe(folder);
    process.kill((await postgresPid(dataDir)) ?? 0, 'SIGKILL');
    await second.stop('SIGKILL');
    const third = await start();
    await expect(signUpAgain(third)).rejects.toThrow('EMAIL_TAKEN');
    const { folder: newest } = await postgresEndpoint(dataDir);
    await third.stop();
    for (const left of [folder, newest]) await expect(stat(left)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('F9: is the same by a relative path and through a symbolic link, quotes and commas in its name included', async () => {
    dataDir = path.join(directory, "it's, a folder");
    const first = await start({ DATA_DIR: "it's, a folder" }, { cwd: directory });
    await symlink(dataDir, path.join(directory, 'link'));
    const other = spawnServer({ DATA_DIR: path.join(directory, 'link') });
    servers.push(other);
    expect(await other.exited).toEqual({ code: 1, signal: null });
    expect(other.stderr()).toMatch(/^keyward: another Keyward is running on this DATA_DIR$/m);
    await signUpAgain(first);
    await first.stop('SIGKILL');
    // What the killed one left is taken over by the other name.
    await expect(signUpAgain(await start({ DATA_DIR: path.join(directory, 'link') }))).rejects.toThrow('EMAIL_TAKEN');
  });

  test('F12: in which others could replace the socket is an error that names the folder, and no password is sent', async () => {
    await (await start()).stop();
    await chmod(path.join(dataDir, 'socket'), 0o777);
    const server = spawnServer({ DATA_DIR: dataDir });
    servers.push(server);
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.stderr()).toBe(
      `keyward: The folder ${dataDir}/socket must belong to the user that runs PostgreSQL and have mode 0700. Remove it; it is created again.\n`,
    );
    await rm(path.join(dataDir, 'socket'), { recursive: true });
    await start();
  });
});

test('F12: what starts PostgreSQL leaves no password in a file, and none of the temporary folders of its making', async () => {
  await prepareDataDir(dataDir);
  const password = 'cafe'.repeat(12);
  const postgres = await startEmbeddedPostgres({ dataDir, password, logger: createLogger('silent') });
  await postgres.stop();
  expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'socket']);
  const { stdout } = spawnSync('grep', ['-rlF', password, dataDir], { encoding: 'utf8' });
  expect(stdout).toBe('');
});

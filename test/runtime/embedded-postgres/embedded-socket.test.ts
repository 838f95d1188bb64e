import { spawnSync } from 'node:child_process';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { type Account, unprivilegedUser } from '../../../src/runtime/embedded-postgres/unprivileged-user.js';
import { runBuiltCommand } from '../../support/commands.js';
import { EMAIL, linesOf, manageEmbeddedServers, signUp } from '../../support/embedded-server.js';
import { postgresEndpoint, postgresPid } from '../../support/server-process.js';
import { PASSWORD } from '../../support/test-app.js';

const isRoot = process.getuid?.() === 0;
const NAMELESS_USER = { uid: 54_321, gid: 54_321 };

const embedded = manageEmbeddedServers();

async function databasePassword(): Promise<string> {
  return JSON.parse(await readFile(path.join(embedded.dataDir, 'secrets.json'), 'utf8')).databasePassword;
}

async function connect(database = 'keyward', user = 'keyward'): Promise<pg.Client> {
  const { folder } = await postgresEndpoint(embedded.dataDir);
  const client = new pg.Client({ host: folder, port: 5432, user, password: await databasePassword(), database });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

describe('the embedded PostgreSQL', () => {
  test('F12: listens on a Unix socket in a folder that only its user can enter, and on no TCP port', async () => {
    await embedded.start();
    expect(await postgresEndpoint(embedded.dataDir)).toMatchObject({ folder: path.join(embedded.dataDir, 'socket'), address: '' });
    const [folder, cluster] = await Promise.all([
      stat(path.join(embedded.dataDir, 'socket')),
      stat(path.join(embedded.dataDir, 'postgres')),
    ]);
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

  test('F12: a local user cannot replace the socket while PostgreSQL is stopped', async () => {
    const server = await embedded.start();
    const { folder } = await postgresEndpoint(embedded.dataDir);
    await server.stop();
    const takePlace = `require('node:net').createServer().on('error', (e) => { console.log(e.code); process.exit() }).listen(process.argv[1], () => { console.log('taken'); process.exit() })`;
    const attempt = (ids: Partial<Account>) =>
      spawnSync(process.execPath, ['-e', takePlace, path.join(folder, '.s.PGSQL.5432')], {
        ...ids,
        cwd: '/',
        encoding: 'utf8',
      }).stdout.trim();
    // Only root can act as another user. Without root, the test asserts the mode of the folder, which keeps other users out.
    if (isRoot) expect(attempt(NAMELESS_USER)).toBe('EACCES');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(attempt({})).toBe('taken');
  });

  test('F12: the role of the server owns its database, has no other right and reads no file of the machine', async () => {
    await embedded.start();
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

  // Other users must be able to reach the programs too, and a clone may be in a folder that only root can enter.
  const projectNeedsCapability = unprivilegedUser([process.cwd()], null).command('/bin/true', []).file !== '/bin/true';

  test.each([
    ['of which every folder can be entered', 0o711, projectNeedsCapability ? '4' : '0'],
    ['in a folder that only its owner can enter', 0o700, isRoot ? '4' : '0'],
  ])(
    'F12: on a DATA_DIR %s PostgreSQL runs with only the capabilities that it needs, and the log says so',
    async (_case, mode, expected) => {
      await chmod(embedded.directory, mode);
      const server = await embedded.start();
      const status = await readFile(`/proc/${await postgresPid(embedded.dataDir)}/status`, 'utf8');
      const capabilities = Number.parseInt(/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '', 16).toString(16);
      expect(capabilities).toBe(expected);
      const reports = linesOf(server).filter(({ capability }) => capability !== undefined);
      expect(reports).toEqual(
        expected === '0' ? [] : [expect.objectContaining({ capability: 'CAP_DAC_READ_SEARCH', paths: expect.anything() })],
      );
      if (mode === 0o700) expect(reports.every(({ paths }) => (paths as string[]).includes(embedded.dataDir))).toBe(true);
      if (isRoot) expect(status).not.toMatch(/^Uid:\s+0\s/m);
    },
  );

  test('F9: commands use the database of the running server; the role of the server prunes the audit log', async () => {
    const server = await embedded.start();
    await signUp(server);
    const listed = await runBuiltCommand('users', ['list'], { DATA_DIR: embedded.dataDir });
    expect({ ...listed, stdout: listed.stdout.includes(EMAIL) }).toEqual({ code: 0, stdout: true, stderr: '' });
    const pruned = await runBuiltCommand('audit', ['prune', '--before', new Date().toISOString()], { DATA_DIR: embedded.dataDir });
    expect({ code: pruned.code, stderr: pruned.stderr }).toEqual({ code: 0, stderr: '' });
    expect(pruned.stdout).toMatch(/^[1-9]\d* events removed$/m);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  test('F1: requests are answered with 503 while PostgreSQL is down, and are served again after its return', async () => {
    const server = await embedded.start();
    const query = `mutation { signUp(input: { email: "eve@example.com", password: "${PASSWORD}" }) { accessToken } }`;
    const body = JSON.stringify({ query });
    const statuses: number[] = [];
    process.kill((await postgresPid(embedded.dataDir)) ?? 0, 'SIGKILL');
    for (const until = Date.now() + 30_000; Date.now() < until && statuses.at(-1) !== 200; ) {
      const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      statuses.push(answer.status);
      await answer.arrayBuffer();
    }
    expect(statuses.at(-1)).toBe(200);
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  });

  test('F4: starts although the process number in its lock files now belongs to another program', async () => {
    const first = await embedded.start();
    await signUp(first);
    const pid = (await postgresPid(embedded.dataDir)) ?? 0;
    await first.stop('SIGKILL');
    process.kill(pid, 'SIGKILL');
    for (const file of ['postgres/postmaster.pid', 'socket/.s.PGSQL.5432.lock']) {
      const lines = (await readFile(path.join(embedded.dataDir, file), 'utf8')).split('\n');
      await writeFile(path.join(embedded.dataDir, file), [process.pid, ...lines.slice(1)].join('\n'));
    }
    await expect(signUp(await embedded.start())).rejects.toThrow('EMAIL_TAKEN');
  });
});

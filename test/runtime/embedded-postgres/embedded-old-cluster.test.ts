import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { prepareDataDir } from '../../../src/runtime/data-dir.js';
import { runProgram } from '../../../src/runtime/embedded-postgres/embedded-cluster.js';
import { unprivilegedUser } from '../../../src/runtime/embedded-postgres/unprivileged-user.js';
import { runBuiltCommand } from '../../support/commands.js';
import { EMAIL, linesOf, manageEmbeddedServers, signUp } from '../../support/embedded-server.js';
import { freePort } from '../../support/program.js';
import { postgresEndpoint, type ServerProcess } from '../../support/server-process.js';

const DATABASE_PASSWORD = 'f00d'.repeat(12);

const embedded = manageEmbeddedServers();

describe('a DATA_DIR of version 0.1.0, where the server’s role is the superuser that created the cluster', () => {
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: '0' };

  /** Does what version 0.1.0 did at its first start. Returns a function that runs its PostgreSQL on a TCP port. */
  async function createOldCluster(): Promise<(args: string[]) => Promise<void>> {
    await prepareDataDir(embedded.dataDir);
    const programs = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as {
      initdb: string;
      pg_ctl: string;
      postgres: string;
    };
    const user = unprivilegedUser([embedded.dataDir, programs.initdb], null);
    const cluster = { directory: path.join(embedded.dataDir, 'postgres'), programs, user };
    const secrets = {
      databasePassword: DATABASE_PASSWORD,
      appSecrets: [Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')],
    };
    await writeFile(path.join(embedded.dataDir, 'secrets.json'), JSON.stringify(secrets), { mode: 0o600 });
    const passwordFile = path.join(embedded.directory, 'password');
    await writeFile(passwordFile, DATABASE_PASSWORD, { mode: 0o644 });
    await mkdir(cluster.directory, { mode: 0o700 });
    if (user.owner) spawnSync('chown', [`${user.owner.uid}:${user.owner.gid}`, cluster.directory]);
    const run = async (program: 'initdb' | 'pg_ctl', args: string[]) => {
      const { code, output } = await runProgram(cluster, program, args);
      if (code !== 0) throw new Error(output);
    };
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    await run('initdb', [
      `--pgdata=${cluster.directory}`,
      '--username=keyward',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      ...locale,
    ]);
    return (args) => run('pg_ctl', [...args, `--pgdata=${cluster.directory}`]);
  }

  const expectWarning = (server: ServerProcess) =>
    expect(linesOf(server).filter(({ level }) => Number(level) > 30)).toEqual([
      expect.objectContaining({
        level: 40,
        msg: expect.stringContaining('superuser of the embedded database, which version 0.1.0 created'),
      }),
    ]);

  test('F12: keeps working, on the socket; a warning states the rights of its role', async () => {
    await createOldCluster();
    const first = await embedded.start();
    expectWarning(first);
    await signUp(first);
    expect(await postgresEndpoint(embedded.dataDir)).toMatchObject({ folder: path.join(embedded.dataDir, 'socket'), address: '' });
    await first.stop();
    const second = await embedded.start();
    expectWarning(second);
    await expect(signUp(second)).rejects.toThrow('EMAIL_TAKEN');
    const listed = await runBuiltCommand('users', ['list'], { DATA_DIR: embedded.dataDir });
    expect({ ...listed, stdout: listed.stdout.includes(EMAIL) }).toEqual({ code: 0, stdout: true, stderr: '' });
  });

  test('F4: moves a PostgreSQL that a killed server of 0.1.0 left on a TCP port to the socket', async () => {
    const control = await createOldCluster();
    const port = await freePort();
    const options = Object.entries({ ...settings, port: String(port) }).map(([name, value]) => `-c ${name}='${value}'`);
    await control(['start', '--wait', '--silent', `--log=${embedded.dataDir}/postgres/postgresql.log`, `--options=${options.join(' ')}`]);
    expect((await postgresEndpoint(embedded.dataDir)).address).toBe('127.0.0.1');
    await signUp(await embedded.start());
    expect(await postgresEndpoint(embedded.dataDir)).toMatchObject({ folder: path.join(embedded.dataDir, 'socket'), address: '' });
  });

  test('F9: does not start a second server beside a running server of 0.1.0', async () => {
    const control = await createOldCluster();
    const port = await freePort();
    const options = Object.entries({ ...settings, port: String(port) }).map(([name, value]) => `-c ${name}='${value}'`);
    await control(['start', '--wait', '--silent', `--log=${embedded.dataDir}/postgres/postgresql.log`, `--options=${options.join(' ')}`]);
    const old = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'keyward',
      password: DATABASE_PASSWORD,
      database: 'postgres',
    });
    await old.connect();
    // Takes the lock as server-lock.ts of 0.1.0 does.
    await old.query('SELECT pg_advisory_lock($1)', [0x6b777264]);
    const server = embedded.spawn();
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.stderr()).toBe('keyward: Another Keyward process uses this DATA_DIR. Stop it, or set a different DATA_DIR.\n');
    await old.end();
  });
});

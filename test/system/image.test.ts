import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { SETTINGS } from '../../src/config-settings.js';
import { unprivilegedUser } from '../../src/runtime/embedded-postgres/unprivileged-user.js';
import { readCompose } from '../support/compose.js';
import { runSql } from '../support/database.js';
import { startDebianPostgres } from '../support/debian-postgres.js';
import { freePort, startProgram } from '../support/program.js';
import { ask, type ServerProcess, startServer } from '../support/server-process.js';
import { PASSWORD } from '../support/test-app.js';

interface Stage {
  name: string;
  base: string;
  lines: { instruction: string; rest: string }[];
}

/** Returns the stages of a Dockerfile with one line for each instruction. */
function readStages(text: string): Stage[] {
  const stages: Stage[] = [];
  for (const line of text.split('\n')) {
    const [, instruction, rest] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (instruction === undefined || rest === undefined) {
      if (line !== '' && !line.startsWith('#')) throw new Error(`not understood: ${line}`);
    } else if (instruction === 'FROM') {
      const [base = '', , name = 'final'] = rest.split(' ');
      stages.push({ name, base, lines: [] });
    } else stages.at(-1)?.lines.push({ instruction, rest });
  }
  return stages;
}

const stages = readStages(readFileSync('Dockerfile', 'utf8'));
const linesOf = (stage: Stage, instruction: string) =>
  stage.lines.filter((line) => line.instruction === instruction).map(({ rest }) => rest);

describe('the steps of the Dockerfile, without Docker', () => {
  const final = stages.at(-1) as Stage;
  const environment = Object.fromEntries(linesOf(final, 'ENV').flatMap((rest) => rest.split(' ').map((pair) => pair.split('='))));
  let directory: string;
  let data: string;
  let server: ServerProcess;
  const folderOf = (stage: string) => path.join(directory, stage);

  function copy(stage: Stage, rest: string): void {
    const parts = rest.split(' ');
    const [, from] = /^--from=(\w+)$/.exec(parts[0] ?? '') ?? [];
    const sources = parts.slice(from ? 1 : 0, -1);
    const target = parts.at(-1) ?? '';
    for (const source of sources) {
      const origin = from ? path.join(folderOf(from), path.relative('/app', source)) : path.resolve(source);
      const goal = target.endsWith('/')
        ? path.join(folderOf(stage.name), target, path.basename(source))
        : path.join(folderOf(stage.name), target);
      // .dockerignore excludes the generated client and the build of the console, so both are created again.
      cpSync(origin, goal, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (file) => from !== undefined || !/\/generated|console\/(?:dist|node_modules)/.test(file),
      });
    }
  }

  /** In the last stage, /data belongs to the test, and `node` is a user that can own a database on this machine. */
  function run(stage: Stage, rest: string): void {
    const cwd = folderOf(stage.name);
    const own = rest === 'install -d -o node -g node -m 0700 /data';
    const [, target, link] = /^ln -s \/app\/(\S+) \/usr\/local\/bin\/(\S+)$/.exec(rest) ?? [];
    if (target !== undefined && link !== undefined) {
      symlinkSync(path.join(cwd, target), path.join(directory, 'bin', link));
      return;
    }
    if (stage === final && !own) throw new Error(`not to be done here: ${rest}`);
    if (own) {
      mkdirSync(data, { mode: 0o700 });
      const { owner } = unprivilegedUser([], null);
      if (owner) chownSync(data, owner.uid, owner.gid);
      return;
    }
    // Uses npm’s own cache, so that little is downloaded again.
    const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? directory };
    const { status, stderr } = spawnSync('/bin/sh', ['-c', rest], { cwd, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${rest}: ${stderr}`);
  }

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'keyward-image-'));
    execFileSync('chmod', ['755', directory]);
    data = path.join(directory, 'data');
    mkdirSync(path.join(directory, 'bin'));
    for (const stage of stages) {
      mkdirSync(folderOf(stage.name));
      for (const { instruction, rest } of stage.lines) {
        if (instruction === 'COPY') copy(stage, rest);
        if (instruction === 'RUN') run(stage, rest);
      }
    }
  }, 600_000);
  afterAll(async () => {
    await server?.stop('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  test('the last stage has only what the server needs: no build tools, tests or documentation', () => {
    const root = folderOf('final');
    expect(readdirSync(root).sort()).toEqual(['assets', 'bin', 'console', 'dist', 'node_modules', 'package.json', 'prisma']);
    expect(readdirSync(path.join(root, 'prisma'))).toEqual(['migrations']);
    expect(readdirSync(path.join(root, 'console'))).toEqual(['dist']);
    const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: Record<string, string> };
    // Some of them are also dependencies of dependencies, which the lock file does not mark.
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, { dev?: true; devOptional?: true }> };
    const tools = Object.keys(devDependencies).filter((name) => {
      const { dev, devOptional } = lock.packages[`node_modules/${name}`] ?? {};
      return dev || devOptional;
    });
    expect(tools).toEqual(expect.arrayContaining(['typescript', 'prisma', 'jest', '@biomejs/biome', '@swc/core']));
    expect(tools.filter((name) => existsSync(path.join(root, 'node_modules', name)))).toEqual([]);
    expect(['prisma', 'tsc', 'jest', 'npm', 'node-gyp'].filter((name) => existsSync(path.join(root, 'node_modules/.bin', name)))).toEqual(
      [],
    );
  });

  test('serves as a user other than root, on its own PostgreSQL; HEALTHCHECK reports its health; SIGTERM ends it', async () => {
    expect(linesOf(final, 'USER')).toEqual(['node']);
    expect(linesOf(final, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(linesOf(final, 'VOLUME')).toEqual([environment.DATA_DIR]);
    const [command] = linesOf(final, 'CMD').map((rest) => JSON.parse(rest) as string[]);
    expect(command).toEqual(['node', 'dist/main.js']);
    const port = String(await freePort());
    const env = { ...environment, DATA_DIR: data, PORT: port };
    const { owner } = unprivilegedUser([], null);
    server = await startServer(env, { root: folderOf('final'), cwd: folderOf('final'), ...(owner && { uid: owner.uid, gid: owner.gid }) });
    if (owner) expect(readFileSync(`/proc/${server.child.pid}/status`, 'utf8')).toContain(`\nUid:\t${owner.uid}\t`);

    const [check] = linesOf(final, 'HEALTHCHECK').map((rest) => JSON.parse(rest.slice(rest.indexOf('CMD ') + 4)) as [string, ...string[]]);
    const health = () => spawnSync(process.execPath, check?.slice(1), { env: { PORT: port } }).status;
    expect(health()).toBe(0);

    const { signUp } = await ask<{ signUp: { accessToken: string } }>(
      server,
      `mutation { signUp(input: { email: "ada@example.com", password: "${PASSWORD}" }) { accessToken } }`,
    );
    const { createApiKey } = await ask<{ createApiKey: { plaintextKey: string } }>(
      server,
      'mutation { createApiKey { plaintextKey } }',
      {},
      signUp.accessToken,
    );
    const { status } = await fetch(`${server.url}/verify`, { headers: { 'x-api-key': createApiKey.plaintextKey } });
    expect(status).toBe(200);
    const page = await fetch(`${server.url}/console/`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);

    // Runs the operator’s commands as docker exec does, with the folders of the image and of this Node.js on the PATH.
    const operate = (...args: string[]) => {
      const ids = owner && { uid: owner.uid, gid: owner.gid };
      const PATH = [path.join(directory, 'bin'), path.dirname(process.execPath)].join(':');
      const options = { ...ids, cwd: folderOf('final'), env: { ...env, PATH }, encoding: 'utf8' } as const;
      const { stdout, stderr, status } = spawnSync(path.join(directory, 'bin/keyward'), args, options);
      return { stdout, stderr, status };
    };
    expect(operate('users', 'list')).toEqual({ stdout: expect.stringContaining('ada@example.com'), stderr: '', status: 0 });
    expect(operate('keys', 'find-owner', createApiKey.plaintextKey)).toMatchObject({ stderr: '', status: 0 });
    expect(operate('keys', 'expiring')).toMatchObject({ stderr: '', status: 0 });
    expect(operate('audit', 'prune', '--before', '2020-01-01')).toEqual({ stdout: '0 events removed\n', stderr: '', status: 0 });
    expect(operate('import')).toMatchObject({ status: 2, stderr: expect.stringContaining('Run: keyward import --help') });

    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(health()).toBe(1);
  });

  test('.dockerignore keeps what the Dockerfile copies, and excludes secrets and data', () => {
    const allowed = readFileSync('.dockerignore', 'utf8').match(/(?<=^!).+$/gm);
    const copied = stages.flatMap((stage) => linesOf(stage, 'COPY')).filter((rest) => !rest.startsWith('--from'));
    expect(new Set(allowed)).toEqual(new Set(copied.flatMap((rest) => rest.split(' ').slice(0, -1))));
  });
});

describe('compose.yaml', () => {
  const APP_SECRETS = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64');
  const compose = readCompose({ APP_SECRETS, POSTGRES_PASSWORD: 'x', VALKEY_PASSWORD: 'y' });

  test('has three replicas with known and valid settings, and nginx in front of them with the tested configuration', () => {
    expect(Object.keys(compose.services)).toEqual(['postgres', 'valkey', 'keyward-1', 'keyward-2', 'keyward-3', 'nginx']);
    expect(Object.keys(compose.settings).filter((name) => !SETTINGS.some((setting) => setting.name === name))).toEqual([]);
    expect(readConfig(compose.settings)).toMatchObject({ database: { kind: 'external' }, redisUrl: 'redis://:y@valkey:6379' });
    const nginx = compose.services.nginx;
    expect(nginx?.volumes).toEqual(['./deploy/nginx.conf:/etc/nginx/conf.d/default.conf:ro']);
    const upstream = [...readFileSync('deploy/nginx.conf', 'utf8').matchAll(/server ([\d.]+):4000 /g)].map(([, address]) => address);
    expect(upstream).toEqual(compose.replicas);
    expect(nginx?.networks).toEqual({ keyward: { ipv4_address: compose.settings.TRUSTED_PROXIES } });
  });

  test('has the secrets of deploy/compose.env.example, which contains no value for them', () => {
    const lines = readFileSync('deploy/compose.env.example', 'utf8').split('\n');
    expect(lines.filter((line) => /^[A-Z]/.test(line)).sort()).toEqual([
      'APP_SECRETS=',
      'METRICS_TOKEN=',
      'POSTGRES_PASSWORD=',
      'VALKEY_PASSWORD=',
    ]);
  });

  test('no service runs as root, has a capability, writes to its image or can use all memory', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      // The user of Keyward’s image is set by USER in the Dockerfile.
      expect([name, name.startsWith('keyward-') || /^[1-9]\d*:[1-9]\d*$/.test(service.user ?? '')]).toEqual([name, true]);
      expect({ name, ...service }).toMatchObject({
        name,
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        mem_limit: expect.stringMatching(/^\d+[mg]$/),
        pids_limit: expect.any(Number),
      });
    }
  });

  test('F12: deploy/postgres-init.sql gives Keyward a role that owns its database and nothing more, and Keyward works with it', async () => {
    const database = await startDebianPostgres('postgres');
    try {
      const script = path.resolve('deploy/postgres-init.sql');
      const env = { PATH: process.env.PATH ?? '', POSTGRES_PASSWORD: "it's 'a' password" };
      execFileSync(
        '/usr/lib/postgresql/15/bin/psql',
        ['--quiet', '--no-psqlrc', '--set=ON_ERROR_STOP=1', `--file=${script}`, database.url],
        { env },
      );
      const rows = await runSql(
        database.url,
        `SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolpassword IS NULL AS "noPassword"
         FROM pg_authid WHERE rolname IN ('keyward', 'postgres') ORDER BY rolname`,
      );
      expect(rows).toEqual([
        { rolname: 'keyward', rolsuper: false, rolcreatedb: false, rolcreaterole: false, noPassword: false },
        { rolname: 'postgres', rolsuper: true, rolcreatedb: true, rolcreaterole: true, noPassword: true },
      ]);
      const url = Object.assign(new URL(database.url), { username: 'keyward', pathname: '/keyward' }).href;
      const replica = await startServer({ DATABASE_URL: url, APP_SECRETS });
      expect(await replica.stop()).toEqual({ code: 0, signal: null });
    } finally {
      database.stop();
    }
  });

  test('Valkey requires the password, which is in no process argument, and its health check uses it', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'keyward-valkey-'));
    const port = await freePort();
    const service = compose.services.valkey;
    // Runs Debian’s Redis under the name of Valkey, which is a fork of Redis.
    for (const program of ['server', 'cli']) symlinkSync(`/usr/bin/redis-${program}`, path.join(directory, `valkey-${program}`));
    const env = { ...service?.environment, PATH: `${directory}:${process.env.PATH}` };
    const [file = '', ...args] = (service?.command ?? []).map((part) => part.replace('save ""', `save ""\nport ${port}`));
    const program = await startProgram({ file, args, env }, directory, port);
    try {
      const ping = (password: string) => {
        const [, cli = '', ...rest] = service?.healthcheck?.test ?? [];
        const { stdout, status } = spawnSync(cli, ['-p', String(port), ...rest], {
          env: { ...env, REDISCLI_AUTH: password },
          encoding: 'utf8',
        });
        return { stdout: stdout.trim(), status };
      };
      expect(ping('y')).toEqual({ stdout: 'PONG', status: 0 });
      expect(ping('wrong').stdout).toMatch(/^NOAUTH|WRONGPASS/);
      expect(readFileSync(`/proc/${program.child.pid}/cmdline`, 'latin1')).not.toContain('requirepass');
    } finally {
      await program.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('every service has a health check; that of Keyward is in its image', () => {
    const without = Object.entries(compose.services).filter(([, { healthcheck }]) => healthcheck === undefined);
    expect(without.map(([name]) => name)).toEqual(['keyward-1', 'keyward-2', 'keyward-3']);
  });
});

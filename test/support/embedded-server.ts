import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { ask, postgresPid, type ServerOptions, type ServerProcess, spawnServer, startServer } from './server-process.js';
import { PASSWORD } from './test-app.js';

const SIGN_UP = 'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }';

/** Email address of the only user that `signUp` creates. */
export const EMAIL = 'ada@example.com';

/** The servers of one test on the embedded database of one data directory. */
export interface EmbeddedServers {
  /** Contains the data directory. Every user can enter it. */
  readonly directory: string;
  /** A test can choose another directory below `directory`. */
  dataDir: string;
  start(env?: Record<string, string>, options?: ServerOptions): Promise<ServerProcess>;
  spawn(env?: Record<string, string>): ServerProcess;
}

/** Creates a new directory for each test of a file. Stops the servers and removes the directory after the test. */
export function manageEmbeddedServers(): EmbeddedServers {
  let servers: ServerProcess[];
  const context = {
    directory: '',
    dataDir: '',
    async start(env: Record<string, string> = {}, options: ServerOptions = {}) {
      const server = await startServer({ DATA_DIR: context.dataDir, ...env }, options);
      servers.push(server);
      return server;
    },
    spawn(env: Record<string, string> = {}) {
      const server = spawnServer({ DATA_DIR: context.dataDir, ...env });
      servers.push(server);
      return server;
    },
  };
  beforeEach(async () => {
    context.directory = await mkdtemp(path.join(tmpdir(), 'keyward-embedded-'));
    await chmod(context.directory, 0o711);
    context.dataDir = path.join(context.directory, 'data');
    servers = [];
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
    const pid = await postgresPid(context.dataDir);
    if (pid !== null) process.kill(pid, 'SIGKILL');
    await rm(context.directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  return context;
}

/** Signs up the user. Rejects with EMAIL_TAKEN the second time. */
export const signUp = (server: ServerProcess) => ask(server, SIGN_UP, { input: { email: EMAIL, password: PASSWORD } });

/** Returns the lines that a server logged. */
export const linesOf = (server: ServerProcess): Record<string, unknown>[] =>
  server
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

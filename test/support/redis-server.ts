import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, type Program, startProgram } from './program.js';

export interface RedisServer {
  /** Includes the password. */
  url: string;
  port: number;
  /** Ends it at once, as a lost machine does. Its data is lost. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port. */
  restart(): Promise<void>;
  /** Stops the process, so that it accepts connections and answers nothing. */
  silence(): void;
  resume(): void;
  close(): Promise<void>;
}

export const REDIS_PASSWORD = 'hunter2-of-redis';

/** Starts Debian’s redis-server, without persistence. */
export async function startRedisServer(): Promise<RedisServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'keyward-redis-'));
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--requirepass', REDIS_PASSWORD];
  const start = () => startProgram({ file: '/usr/bin/redis-server', args }, directory, port);
  let program: Program = await start();
  return {
    url: `redis://:${REDIS_PASSWORD}@127.0.0.1:${port}`,
    port,
    kill: () => program.stop('SIGKILL'),
    restart: async () => {
      program = await start();
    },
    silence: () => program.child.kill('SIGSTOP'),
    resume: () => program.child.kill('SIGCONT'),
    close: async () => {
      await program.stop('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

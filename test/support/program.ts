import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { eventually } from './eventually.js';

/** How to start a program that stays in the foreground and ends at SIGTERM. */
export interface Command {
  file: string;
  args: string[];
  env?: Record<string, string>;
}

export interface Program {
  child: ChildProcess;
  output(): string;
  /** Sends a signal, and resolves at the end of the program. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Systems choose the port of a connection, and of a server that listens on port 0, from 32768 upwards. */
const PORTS = { from: 20_000, to: 30_000 };

let nextPort = randomInt(PORTS.from, PORTS.to);

/** Returns a port that no connection takes before the caller listens on it, and while the caller restarts. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort;
    nextPort = port + 1 < PORTS.to ? port + 1 : PORTS.from;
    const probe = createServer().listen(port, '127.0.0.1');
    try {
      await once(probe, 'listening');
    } catch {
      // Another program listens on it.
      continue;
    }
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

/** Waits until a server listens on the port. */
async function waitForPort(port: number, program: ChildProcess, output: () => string): Promise<void> {
  const connectOnce = async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect').finally(() => socket.destroy());
  };
  await eventually(connectOnce, { withinMs: 30_000, unless: () => program.exitCode !== null }).catch((error: Error) => {
    throw new Error(`The program does not listen: ${error.message}: ${output()}`);
  });
}

/** Starts an installed server program, with only `env` as its environment, and waits until it listens. */
export async function startProgram({ file, args, env }: Command, directory: string, port: number): Promise<Program> {
  const child = spawn(file, args, { cwd: directory, env: { PATH: process.env.PATH ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  const exited = once(child, 'exit');
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    await exited;
  };
  try {
    await waitForPort(port, child, () => output);
  } catch (error) {
    await stop();
    throw error;
  }
  return { child, output: () => output, stop };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunAs } from './unprivileged-user.js';

const TRIES = 5;
const RETRY_AFTER_MS = 100;

type Command = ReturnType<RunAs['command']>;

/**
 * Runs a program of PostgreSQL to its end, in a new session: a signal of the terminal must reach only the server, which then
 * stops the database itself. The program does not inherit the environment, which contains secrets.
 *
 * @param input standard input of the program
 * @returns exit code (-1 if a signal ended every attempt), and stdout and stderr in one line
 */
export async function runDetached(command: Command, cwd: string, input?: string): Promise<{ code: number; output: string }> {
  for (let tries = 1; ; tries += 1) {
    const { code, output } = await runOnce(command, cwd, input);
    // `code` is null after a signal. A signal to the process group can reach a child before it has its own session.
    if (code !== null || tries === TRIES) return { code: code ?? -1, output };
    await sleep(RETRY_AFTER_MS);
  }
}

async function runOnce(
  { file, args, ...ids }: Command,
  cwd: string,
  input: string | undefined,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(file, args, {
    ...ids,
    cwd,
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  });
  // EPIPE if the program exits before it reads its input. Its output then contains the reason.
  child.stdin?.on('error', () => undefined).end(input);
  let output = '';
  const append = (chunk: string) => {
    output += chunk;
  };
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', append);
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, output: output.trim().replaceAll('\n', ' ') };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunAs } from './unprivileged-user.js';

const TRIES = 5;
const RETRY_AFTER_MS = 100;

type Command = ReturnType<RunAs['command']>;

/**
 * Runs a program of PostgreSQL to its end, in a session of its own: a signal from the terminal is for the server, which
 * stops its database when it has no more use for it. Nothing of our environment goes along; it holds secrets.
 *
 * @param input what the program reads from its standard input
 * @returns its exit code, -1 where a signal ended it each time, and what it wrote, in one line
 */
export async function runDetached(command: Command, cwd: string, input?: string): Promise<{ code: number; output: string }> {
  for (let tries = 1; ; tries += 1) {
    const { code, output } = await runOnce(command, cwd, input);
    // Ended by a signal: one to our whole process group hits a child that has no session of its own yet (seen under load).
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
  // A program that ended before it read everything says why in its output.
  child.stdin?.on('error', () => undefined).end(input);
  let output = '';
  const append = (chunk: string) => {
    output += chunk;
  };
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', append);
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, output: output.trim().replaceAll('\n', ' ') };
}

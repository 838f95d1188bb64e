import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** A running command. */
export interface CommandProcess {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  exited: Promise<{ code: number | null; signal: string | null }>;
}

/**
 * Runs the built `keyward` command as a child process. Its environment contains only `env`.
 *
 * @param name the first word after `keyward`
 * @param input standard input of the command; null: nothing is written, and it stays open
 */
export function spawnCommand(
  name: string,
  args: readonly string[],
  env: Record<string, string>,
  input: string | null = '',
): CommandProcess {
  const child = spawn(process.execPath, [path.resolve('dist/cli/main.js'), name, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (err += chunk));
  child.stdin.on('error', () => undefined);
  if (input !== null) child.stdin.end(input);
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { child, stdout: () => out, stderr: () => err, exited };
}

/** The result of a command. */
export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command as spawnCommand does, and waits for its end. */
export async function runBuiltCommand(
  name: string,
  args: readonly string[],
  env: Record<string, string>,
  input = '',
): Promise<CommandResult> {
  const command = spawnCommand(name, args, env, input);
  const { code } = await command.exited;
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** What a command ended with. */
export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a built command as a process of its own, with nothing of our environment but what is given. */
export async function runBuiltCommand(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  input?: string,
): Promise<CommandResult> {
  const child = spawn(process.execPath, [path.resolve(`dist/commands/${command}.js`), ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
  child.stdin.end(input ?? '');
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A block of commands in a Markdown text, and the output that the text shows for it. Null if it shows no output. */
export interface Step {
  commands: string;
  output: string | null;
}

/** Returns the steps of the sections of these names, in order. */
export function stepsOf(markdown: string, sections: readonly string[]): Step[] {
  const texts = markdown.split(/^## /m).filter((text) => sections.includes(text.split('\n', 1)[0] ?? ''));
  const block = /^```bash\n(.*?)^```\n(?:```text\n(.*?)^```\n)?/gms;
  return texts.flatMap((text) => [...text.matchAll(block)].map(([, commands = '', output]) => ({ commands, output: output ?? null })));
}

/**
 * Runs all steps in one bash, as a person pastes them.
 *
 * @returns for each step its output, errors included
 */
export async function runSteps(steps: readonly Step[], env: Record<string, string>): Promise<string[]> {
  const marker = '--- end of step ---';
  const child = spawn('bash', [], { env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  child.stdin.end(`exec 2>&1\n${steps.map(({ commands }) => `${commands}\necho '${marker}'\n`).join('')}`);
  await once(child, 'close');
  return output.split(`${marker}\n`).slice(0, -1);
}

/** Replaces ids, keys, times and durations, which differ in each run. */
export const comparable = (output: string): string =>
  output
    .replace(/amos_[0-9a-f]{8}(\.[\w-]+)?/g, (_key, secret) => (secret ? 'KEY' : 'PREFIX'))
    .replace(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME')
    .replace(/ada\+\d+@/g, 'EMAIL@')
    .replace(/\d+\.\d s/g, 'SECONDS');

import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { databaseFault } from '../platform/database/database-errors.js';
import { KeywardError, StartupError } from '../platform/errors/keyward-error.js';
import { scrub } from '../platform/logger.js';
import { type Closer, closeAll } from '../runtime/process-lifecycle.js';
import type { openContext } from './command-context.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Maximum time for the current work after a signal. */
const END_MS_MAX = 5_000;

/** The settings and services of a command. */
export type CommandContext = Awaited<ReturnType<typeof openContext>> & {
  /** Aborted by SIGINT, SIGTERM and SIGHUP. The command then completes its current step and returns. */
  signal: AbortSignal;
};

/** Returns the path of a field as options are written, such as `event-types` for `input.eventTypes`. */
const optionOf = (path: string): string => path.replace(/^input\./, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Returns the lines to print for an error. */
function linesOf(error: unknown): string[] {
  if (error instanceof StartupError) return error.message.split('\n');
  // The message of BAD_USER_INPUT does not say what is wrong with each field.
  if (error instanceof KeywardError) {
    const { fields } = error.details;
    return fields ? fields.map(({ path, message }) => `${optionOf(path)} ${message}`) : [error.message];
  }
  if (databaseFault(error) === 'unavailable') return ['The database is unavailable or too slow. Changes in progress were not saved.'];
  return [`unexpected error: ${scrub(error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ')}`];
}

async function runWithContext(work: (context: CommandContext) => Promise<number>, signal: AbortSignal, closers: Closer[]): Promise<number> {
  // Imported now, because the help and wrong arguments need none of it, and it takes most of the start.
  const { openContext } = await import('./command-context.js');
  const context = await openContext(closers);
  return signal.aborted ? 1 : work({ ...context, signal });
}

/**
 * Runs a command and ends the process. The exit code is the result of `work`; 1 for an error, which is printed on stderr; 128
 * plus the number of the signal after a signal. The resources that the command opened are closed.
 *
 * @param work returns the exit code
 */
export async function runCommand(work: (context: CommandContext) => Promise<number>): Promise<never> {
  const interruption = new AbortController();
  const { signal } = interruption;
  const closers: Closer[] = [];
  // If the program that reads the output ends, the change still completes.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const interrupted = new Promise<number>((resolve) => {
    for (const name of SIGNALS) {
      process.on(name, () => {
        interruption.abort();
        void sleep(END_MS_MAX).then(() => resolve(0));
        process.exitCode ??= 128 + constants.signals[name];
      });
    }
  });
  const broken = new Promise<never>((_, reject) => {
    process.on('uncaughtException', reject);
    process.on('unhandledRejection', reject);
  });
  let exitCode: number;
  try {
    exitCode = await Promise.race([runWithContext(work, signal, closers), interrupted, broken]);
  } catch (error) {
    for (const line of linesOf(error)) process.stderr.write(`keyward: ${line}\n`);
    exitCode = 1;
  }
  await closeAll(closers, undefined);
  process.exit(process.exitCode ?? exitCode);
}

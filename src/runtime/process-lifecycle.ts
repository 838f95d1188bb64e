import { setTimeout as sleep } from 'node:timers/promises';
import { StartupError } from '../platform/errors/keyward-error.js';
import { flushLog } from '../platform/log-output.js';
import { type Logger, scrub } from '../platform/logger.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** A signal during a start that waits for something (a lock, a silent database) ends it after this long all the same. */
const START_MS_MAX = 5_000;

/** Takes down one thing that came up. */
export type Closer = () => Promise<void>;

/** Takes down what came up, the last one first. */
export async function closeAll(closers: readonly Closer[], logger: Logger | undefined): Promise<void> {
  for (const close of closers.toReversed()) {
    await close().catch((error: unknown) => logger?.error({ err: error }, 'part of the server failed to close'));
  }
}

/** Node's error for an address on which the server cannot listen. Node's types lack the address. */
interface ListenError extends NodeJS.ErrnoException {
  address?: string;
  port?: number;
}

/** Returns one line for each problem that prevents the start. */
function startupProblems(error: unknown): string[] {
  if (error instanceof StartupError) return error.message.split('\n');
  const { code, syscall, message, address, port } = error as ListenError;
  if (syscall === 'listen' && code === 'EADDRINUSE') return [`${address}:${port} is already in use. Set HOST or PORT.`];
  if (syscall === 'listen') return [`${address}:${port} cannot be listened on (${code}). Set HOST or PORT.`];
  return [`The start failed: ${scrub(String(message)).replaceAll('\n', ' ')}`];
}

/**
 * Runs a server from its start to its end: a fault while starting is told on stderr, one line each, with exit code 1; a
 * signal takes down what came up, in the opposite order, with exit code 0. A terminal sends its signal to every process
 * in it, npm passes it on once more, and people press Ctrl-C again: one is enough, further ones change nothing.
 *
 * @param start brings things up and hands over what takes each down again
 */
export async function runToEnd(start: (closers: Closer[]) => Promise<Logger>): Promise<void> {
  const closers: Closer[] = [];
  let started: Promise<Logger>;
  let ending: Promise<void> | undefined;

  const end = (reason: Record<string, unknown>, exitCode: number) => {
    // What is still coming up is waited for, so that it can be taken down; a start that fails ends the process by itself.
    ending ??= Promise.race([started, sleep(START_MS_MAX, undefined)]).then(async (logger) => {
      logger?.[exitCode === 0 ? 'info' : 'fatal'](reason, 'stopping');
      await closeAll(closers, logger);
      logger?.info('stopped');
      await flushLog();
      process.exit(exitCode);
    });
    ending.catch(() => undefined);
  };

  for (const signal of SIGNALS) process.on(signal, () => end({ signal }, 0));
  // Node would print the error with all it holds, and leave the database running.
  process.on('uncaughtException', (error) => end({ err: error }, 1));
  process.on('unhandledRejection', (error) => end({ err: error }, 1));

  started = start(closers);
  try {
    await started;
  } catch (error) {
    for (const problem of startupProblems(error)) process.stderr.write(`keyward: ${problem}\n`);
    await closeAll(closers, undefined);
    await flushLog();
    process.exit(1);
  }
}

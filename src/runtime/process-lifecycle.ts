import { setTimeout as sleep } from 'node:timers/promises';
import { StartupError } from '../platform/errors/keyward-error.js';
import { flushLog } from '../platform/log-output.js';
import { type Logger, scrub } from '../platform/logger.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** After a signal during the start, the longest wait for the start to finish: it may wait for a lock or a silent database. */
const START_MS_MAX = 5_000;

/** Closes one part of the process. */
export type Closer = () => Promise<void>;

/** Closes the parts in the opposite order of their start. An error is logged and does not stop the others. */
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
 * Runs a server from start to exit. If the start fails, prints one line for each problem to stderr and exits with code 1. A
 * signal closes the started parts and exits with code 0. Further signals have no effect: a terminal sends its signal to
 * every process, npm forwards it, and users press Ctrl-C repeatedly.
 *
 * @param start starts the server, and adds a function that closes each started part to `closers`
 */
export async function runToEnd(start: (closers: Closer[]) => Promise<Logger>): Promise<void> {
  const closers: Closer[] = [];
  let started: Promise<Logger>;
  let ending: Promise<void> | undefined;

  const end = (reason: Record<string, unknown>, exitCode: number) => {
    // Waits for a running start, because its parts can only be closed when they are started. A failing start exits by itself.
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
  // By default, Node would print the error with its data, and leave the embedded database running.
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

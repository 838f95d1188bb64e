import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Config, loadConfig } from '../config.js';
import { createCommandDatabase, createCommandPool, type Database } from '../platform/database/client.js';
import { databaseFault } from '../platform/database/database-errors.js';
import { KeywardError, StartupError } from '../platform/errors/keyward-error.js';
import { createLogger, type Logger, scrub } from '../platform/logger.js';
import { type Backing, openBacking } from '../runtime/backing-services.js';
import { type Closer, closeAll } from '../runtime/process-lifecycle.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** After a signal, what is being written has this long to come to its end. */
const END_MS_MAX = 5_000;

/** As getopt and the shells have it. */
const USAGE_EXIT_CODE = 2;

/** What a command works with. */
export interface CommandContext extends Backing {
  config: Config;
  database: Database;
  /** Writes errors to stderr: stdout is for what the command was asked. */
  logger: Logger;
  /** Aborted by SIGINT, SIGTERM and SIGHUP. The command then ends what it is at, and returns. */
  signal: AbortSignal;
}

/** A command called wrongly, told on stderr with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

function faultsOf(error: unknown): string[] {
  if (error instanceof StartupError) return error.message.split('\n');
  // Its message ends in a full stop; the names of the fields are in it already.
  if (error instanceof KeywardError) {
    const { fields } = error.details;
    return fields ? fields.map(({ path, message }) => `${path} ${message}`) : [error.message];
  }
  if (databaseFault(error) === 'unavailable') return ['the database went away or is too slow; what was not written yet was not changed'];
  return [`unexpected: ${scrub(error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ')}`];
}

async function runOnDatabase(work: (context: CommandContext) => Promise<number>, signal: AbortSignal, closers: Closer[]): Promise<number> {
  const config = loadConfig();
  // A warning of a connection that was lost would come on top of the one line that tells of it.
  const logger = createLogger('error', { write: (line) => void process.stderr.write(line) });
  const backing = await openBacking(config, logger, closers, { join: true });
  const pool = createCommandPool(backing.databaseUrl, logger);
  closers.push(() => pool.end());
  const database = createCommandDatabase(pool, logger);
  closers.push(() => database.$disconnect());
  return signal.aborted ? 1 : work({ ...backing, config, database, logger, signal });
}

/**
 * Runs a command on the configured database, beside a server or without one, and ends the process: with the exit code that
 * the work returns; 1 for a fault, told on stderr in one line; 128 and the signal's number for a signal. What the command
 * started for itself is stopped.
 *
 * @param work returns the exit code
 */
export async function runCommand(work: (context: CommandContext) => Promise<number>): Promise<never> {
  const interruption = new AbortController();
  const { signal } = interruption;
  const closers: Closer[] = [];
  // Whoever read our lines may be gone: a closed pipe is no reason to leave a batch half done.
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
    exitCode = await Promise.race([runOnDatabase(work, signal, closers), interrupted, broken]);
  } catch (error) {
    for (const fault of faultsOf(error)) process.stderr.write(`keyward: ${fault}\n`);
    exitCode = 1;
  }
  await closeAll(closers, undefined);
  process.exit(process.exitCode ?? exitCode);
}

/** Reads a command's arguments; where they are wrong, tells how it is used, with exit code 2. */
export function readArguments<T>(usage: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    // Of node:util's parseArgs, which names the argument and quotes no more than that.
    process.stderr.write(`${(error as Error).message.split('\n')[0]}\n${usage}\n`);
    process.exit(USAGE_EXIT_CODE);
  }
}

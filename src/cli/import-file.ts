import type { FileHandle } from 'node:fs/promises';
import type { ImportOptions } from '../import/importer.js';
import { type Progress, runImport } from '../import/run.js';
import { StartupError } from '../platform/errors/keyward-error.js';
import { ProgressBar } from './progress-bar.js';
import type { CommandContext } from './run-command.js';

/** The result of an import. */
export interface ImportReport {
  dryRun: boolean;
  /** False if a signal or an error stopped the import before the end of the file. */
  complete: boolean;
  lines: number;
  imported: number;
  alreadyPresent: number;
  invalid: number;
  usersCreated: number;
  seconds: number;
}

interface ImportFileOptions extends Pick<ImportOptions, 'form' | 'reading'> {
  dryRun: boolean;
  intoExisting: boolean;
  /** Receives the report, also if the import fails. */
  onEnd: (report: ImportReport) => void;
}

async function* chunksOf(file: FileHandle | null, signal: AbortSignal, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const stream = file ? file.createReadStream() : process.stdin;
  // Standard input can stay open without data.
  signal.addEventListener('abort', () => stream.destroy(), { once: true });
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      onRead(chunk.length);
      yield chunk;
    }
  } catch (error) {
    if (signal.aborted) return;
    throw new StartupError(`The file cannot be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error });
  }
}

/** Returns the size of the file in bytes; null if it is not a regular file. */
async function sizeOf(file: FileHandle | null): Promise<number | null> {
  const stats = await file?.stat();
  return stats?.isFile() ? stats.size : null;
}

/**
 * Imports a file, or standard input. Draws the progress and prints the invalid lines on stderr.
 *
 * @returns the exit code: 1 if a line was invalid
 * @throws {StartupError} if the file cannot be read
 */
export async function importFile(context: CommandContext, file: FileHandle | null, options: ImportFileOptions): Promise<number> {
  const { services, signal } = context;
  const { dryRun, intoExisting, onEnd, ...form } = options;
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 100) / 10;
  const size = await sizeOf(file);
  const bar = new ProgressBar(process.stderr);
  const progress: Progress = { lines: 0, imported: 0, present: 0, bad: 0, usersMade: 0 };
  let bytesRead = 0;
  let complete = false;
  try {
    await runImport({
      importer: services.createImporter({ isDryRun: dryRun, intoExisting, ...form }),
      chunks: chunksOf(file, signal, (bytes) => {
        bytesRead += bytes;
      }),
      progress,
      onBad: (line, reasons) => {
        bar.clear();
        process.stderr.write(`line ${line}: ${reasons.join('; ')}\n`);
      },
      onBatch: () => {
        const share = size === null ? null : Math.min(1, bytesRead / Math.max(1, size));
        bar.draw(share, `${progress.lines.toLocaleString('en-US')} lines, ${seconds().toFixed(1)} s`);
      },
      signal,
    });
    complete = !signal.aborted;
  } finally {
    bar.clear();
    const { lines, imported, present: alreadyPresent, bad: invalid, usersMade: usersCreated } = progress;
    onEnd({ dryRun, complete, lines, imported, alreadyPresent, invalid, usersCreated, seconds: seconds() });
  }
  return progress.bad > 0 ? 1 : 0;
}

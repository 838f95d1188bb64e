import { type FileHandle, open } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { AuditLog } from '../../audit/audit-log.js';
import { Users } from '../../auth/accounts/users.js';
import { KeyImporter } from '../../import/importer.js';
import { type Progress, runImport } from '../../import/run.js';
import { systemClock } from '../../platform/clock.js';
import { StartupError } from '../../platform/errors/keyward-error.js';
import { Cursors } from '../../platform/pagination.js';
import { AppSecrets } from '../../platform/secrets.js';
import { ProgressBar } from '../progress-bar.js';
import { type CommandContext, readArguments, runCommand, UsageError } from '../run-command.js';

const USAGE = `Usage: npm run import-keys -- FILE.jsonl [--dry-run] [--into-existing]

Imports API keys of another system, one JSON object a line; docs/migrating.md tells the form.
  FILE.jsonl   the file; - for standard input
  --dry-run    checks everything and writes nothing
  --into-existing
               gives keys to accounts that somebody signed up for, too: sign-up proves no address, so only if you know them`;

interface Arguments {
  file: string;
  isDryRun: boolean;
  intoExisting: boolean;
}

function parse(): Arguments {
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'dry-run': flag, 'into-existing': flag } });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('One file must be named.');
  return { file, isDryRun: values['dry-run'], intoExisting: values['into-existing'] };
}

const unreadable = (error: unknown): StartupError =>
  new StartupError(`the file can't be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });

async function* chunksOf(file: FileHandle | null, signal: AbortSignal, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const stream = file ? file.createReadStream() : process.stdin;
  // Standard input may stay silent for ever.
  signal.addEventListener('abort', () => stream.destroy(), { once: true });
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      onRead(chunk.length);
      yield chunk;
    }
  } catch (error) {
    if (!signal.aborted) throw unreadable(error);
  }
}

/** @returns its bytes, where they are known before the end */
async function sizeOf(file: FileHandle | null): Promise<number | null> {
  const stats = await file?.stat();
  return stats?.isFile() ? stats.size : null;
}

const counted = (count: number): string => count.toLocaleString('en-US');

const secondsSince = (startedAt: number): string => `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;

const plural = (count: number, one: string): string => `${counted(count)} ${one}${count === 1 ? '' : 's'}`;

function summaryOf({ lines, imported, present, bad, usersMade }: Progress, isDryRun: boolean, startedAt: number): string {
  const would = isDryRun ? 'would be ' : '';
  return (
    `${isDryRun ? 'Dry run, nothing was written. ' : ''}${plural(lines, 'line')}: ${counted(imported)} ${would}imported, ` +
    `${counted(present)} already there, ${counted(bad)} bad; ${plural(usersMade, 'user')} ${would}created; ${secondsSince(startedAt)}`
  );
}

type Options = Omit<Arguments, 'file'>;

function createImporter({ database, config, appSecrets, logger }: CommandContext, options: Options): KeyImporter {
  const cursors = new Cursors(new AppSecrets(appSecrets).keysFor('cursor'));
  return new KeyImporter({
    database,
    clock: systemClock,
    users: new Users(database),
    audit: new AuditLog({ database, clock: systemClock, cursors, logger }),
    keysPerUserMax: config.keysPerUserMax,
    scopeCatalogue: config.scopeCatalogue,
    ...options,
  });
}

async function importKeys(context: CommandContext, file: FileHandle | null, options: Options): Promise<number> {
  const startedAt = performance.now();
  const size = await sizeOf(file);
  const bar = new ProgressBar(process.stderr);
  const progress: Progress = { lines: 0, imported: 0, present: 0, bad: 0, usersMade: 0 };
  let bytesRead = 0;
  let isDone = false;
  try {
    await runImport({
      importer: createImporter(context, options),
      chunks: chunksOf(file, context.signal, (bytes) => {
        bytesRead += bytes;
      }),
      progress,
      onBad: (line, reasons) => {
        bar.clear();
        process.stderr.write(`line ${line}: ${reasons.join('; ')}\n`);
      },
      onBatch: () => {
        const share = size === null ? null : Math.min(1, bytesRead / Math.max(1, size));
        bar.draw(share, `${plural(progress.lines, 'line')}, ${secondsSince(startedAt)}`);
      },
      signal: context.signal,
    });
    isDone = !context.signal.aborted;
  } finally {
    bar.clear();
    const stopped = isDone ? '' : 'Stopped before the end; run it again to go on. ';
    process.stdout.write(`${stopped}${summaryOf(progress, options.isDryRun, startedAt)}\n`);
  }
  return progress.bad > 0 ? 1 : 0;
}

const { file: name, ...options } = readArguments(USAGE, parse);
await runCommand(async (context) => {
  const file =
    name === '-'
      ? null
      : await open(name).catch((error) => {
          throw unreadable(error);
        });
  return importKeys(context, file, options);
});

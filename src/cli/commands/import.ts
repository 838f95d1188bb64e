import { type FileHandle, open } from 'node:fs/promises';
import { StartupError } from '../../platform/errors/keyward-error.js';
import { type ImportReport, importFile } from '../import-file.js';
import type { KeywardCommand } from '../keyward-command.js';
import { keepYoungGenerationSmall } from '../young-generation.js';

interface Options {
  dryRun?: true;
  intoExisting?: true;
  json?: true;
}

const plural = (count: number, one: string): string => `${count.toLocaleString('en-US')} ${one}${count === 1 ? '' : 's'}`;

function summaryOf({ complete, dryRun, lines, imported, alreadyPresent, invalid, usersCreated, seconds }: ImportReport): string {
  const count = (number: number) => number.toLocaleString('en-US');
  const would = dryRun ? 'would be ' : '';
  return (
    `${complete ? '' : 'Stopped early. Run the command again to continue. '}${dryRun ? 'Dry run, nothing was written. ' : ''}` +
    `${plural(lines, 'line')}: ${count(imported)} ${would}imported, ${count(alreadyPresent)} already present, ` +
    `${count(invalid)} invalid; ${plural(usersCreated, 'user')} ${would}created; ${seconds.toFixed(1)} s`
  );
}

/** Returns the opened file; null for standard input. */
async function openFile(name: string): Promise<FileHandle | null> {
  try {
    return name === '-' ? null : await open(name);
  } catch (error) {
    throw new StartupError(`The file cannot be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error });
  }
}

/** Adds `keyward import`. */
export function addImportCommand(program: KeywardCommand): void {
  program
    .command('import')
    .description(
      'Imports API keys of another system. The file has one JSON object in each line, see docs/migrating.md. Prints each ' +
        'invalid line on stderr, continues, and then exits with 1. Another run continues an import that was stopped.',
    )
    .argument('<file>', 'File to import, or - for standard input.')
    .option('--dry-run', 'Checks everything and writes nothing.')
    .option('--into-existing', 'Also gives keys to accounts that were created by sign-up, which does not prove the email address.')
    .option('--json', 'Prints the result as JSON.')
    .example('keyward import keys.jsonl --dry-run')
    .hook('preAction', keepYoungGenerationSmall)
    .runs<Options>(async (context, { args: [name = ''], options }) => {
      const file = await openFile(name);
      const { dryRun = false, intoExisting = false, json = false } = options;
      return importFile(context, file, {
        dryRun,
        intoExisting,
        onEnd: (report) => process.stdout.write(`${json ? JSON.stringify(report) : summaryOf(report)}\n`),
      });
    });
}

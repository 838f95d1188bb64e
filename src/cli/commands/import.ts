import { type FileHandle, open } from 'node:fs/promises';
import { Option } from 'commander';
import { IMPORT_ALGORITHMS } from '../../api-keys/import-forms.js';
import { HASH_ENCODINGS } from '../../import/hash-form.js';
import { PRESETS } from '../../import/presets/presets.js';
import { StartupError } from '../../platform/errors/keyward-error.js';
import { readList } from '../argument-readers.js';
import { type ImportReport, importFile } from '../import-file.js';
import { checkFormOptions, type FormOptions, importFormOf } from '../import-form.js';
import type { KeywardCommand } from '../keyward-command.js';
import { keepYoungGenerationSmall } from '../young-generation.js';

interface Options extends FormOptions {
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

/** The options that describe keys of another form than Keyward's own. */
const FORM_OPTIONS = [
  new Option('--preset <system>', 'The file has rows of this system.').choices(PRESETS.map(({ name }) => name)),
  new Option('--algorithm <name>', 'How the other system hashed its keys. Each line then has `hash`.').choices([...IMPORT_ALGORITHMS]),
  new Option('--encoding <name>', 'How the hashes are written. The default is hex.').choices([...HASH_ENCODINGS]),
  new Option('--part <part>', 'The part of the key that was hashed, such as after-last:_. The default is whole.'),
  new Option('--hmac-secret-file <file>', 'File with the secret of hmac-sha256. The default is the setting IMPORT_HMAC_SECRET.'),
  new Option('--wildcard-scopes <list>', 'Comma-separated scopes for keys that may do everything, as * does in Sanctum.').argParser(
    readList,
  ),
];

/** Adds `keyward import`. */
export function addImportCommand(program: KeywardCommand): void {
  const command = program
    .command('import')
    .description(
      'Imports API keys of another system. The file has one JSON object in each line, see docs/migrating.md. Prints each ' +
        'invalid line on stderr, continues, and then exits with 1. Another run continues an import that was stopped.',
    )
    .argument('<file>', 'File to import, or - for standard input.')
    .option('--dry-run', 'Checks everything and writes nothing.')
    .option('--into-existing', 'Also gives keys to accounts that were created by sign-up, which does not prove the email address.')
    .option('--json', 'Prints the result as JSON.')
    .example('keyward import apikey.jsonl --preset better-auth --dry-run')
    .hook('preAction', keepYoungGenerationSmall)
    .hook('preAction', (command) => checkFormOptions(command.opts()))
    .runs<Options>(async (context, { args: [name = ''], options }) => {
      const form = await importFormOf(options, context.config.importHmacSecret);
      const file = await openFile(name);
      const { dryRun = false, intoExisting = false, json = false } = options;
      return importFile(context, file, {
        dryRun,
        intoExisting,
        ...form,
        onEnd: (report) => process.stdout.write(`${json ? JSON.stringify(report) : summaryOf(report)}\n`),
      });
    });
  for (const option of FORM_OPTIONS) command.addOption(option);
}

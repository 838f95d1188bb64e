import { readFile, stat } from 'node:fs/promises';
import type { ImportAlgorithm } from '../api-keys/import-forms.js';
import { type HashEncoding, type HashForm, hashFormFault } from '../import/hash-form.js';
import type { ReadOptions } from '../import/import-line.js';
import { presetNamed } from '../import/presets/presets.js';
import { StartupError } from '../platform/errors/keyward-error.js';
import { IMPORT_LIMITS } from '../platform/limits.js';
import { UsageError } from './keyward-command.js';

/** The options of an import that describe its keys. */
export interface FormOptions {
  preset?: string;
  algorithm?: ImportAlgorithm;
  encoding?: HashEncoding;
  part?: string;
  hmacSecretFile?: string;
  wildcardScopes?: string[];
}

const usage = (message: string) => new UsageError(`${message} Run: keyward import --help`);

/** Returns the bytes of the file without its last line break. An editor adds one. */
async function readSecret(file: string): Promise<Buffer> {
  try {
    // A wrong name may lead to a file of any size.
    const { size } = await stat(file);
    if (size > IMPORT_LIMITS.secretBytesMax + 2) throw new StartupError('The file of --hmac-secret-file is too large.');
    const bytes = await readFile(file);
    const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : bytes.length;
    return bytes.subarray(0, end);
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`The file of --hmac-secret-file cannot be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error });
  }
}

async function secretOf({ hmacSecretFile }: FormOptions, fromEnvironment: string | undefined): Promise<Buffer> {
  if (hmacSecretFile !== undefined) return readSecret(hmacSecretFile);
  if (fromEnvironment !== undefined) return Buffer.from(fromEnvironment);
  throw new StartupError('hmac-sha256 requires the secret: use --hmac-secret-file or set IMPORT_HMAC_SECRET.');
}

/** Stands for a secret that was not read yet. */
const UNREAD = Buffer.alloc(1);

const formWith = ({ algorithm = 'sha256', encoding = 'hex', part = 'whole' }: FormOptions, secret: Buffer | null): HashForm => ({
  algorithm,
  encoding,
  part,
  secret,
});

/** Checks that the options fit together, before the database is opened. @throws {UsageError} */
export function checkFormOptions(options: FormOptions): void {
  const { preset, algorithm, encoding, part, hmacSecretFile, wildcardScopes } = options;
  if (preset !== undefined) {
    if (algorithm ?? encoding ?? part ?? hmacSecretFile)
      throw usage('--preset decides the algorithm, the encoding and the part of the keys.');
    return;
  }
  if (wildcardScopes) throw usage('--wildcard-scopes requires --preset.');
  if (algorithm === undefined) {
    if (encoding ?? part ?? hmacSecretFile) throw usage('--encoding, --part and --hmac-secret-file require --algorithm.');
    return;
  }
  if (algorithm !== 'hmac-sha256' && hmacSecretFile !== undefined) throw usage('--hmac-secret-file requires --algorithm hmac-sha256.');
  const fault = hashFormFault(formWith(options, algorithm === 'hmac-sha256' ? UNREAD : null));
  if (fault) throw usage(`--part ${fault.message}.`);
}

/**
 * Returns the form of the keys of an import, and how its lines are read. The options fit together.
 *
 * @param secretInEnvironment IMPORT_HMAC_SECRET
 * @returns no form for keys of Keyward's own form
 * @throws {StartupError} if the secret cannot be read or is too long
 */
export async function importFormOf(
  options: FormOptions,
  secretInEnvironment: string | undefined,
): Promise<{ form?: HashForm; reading?: Pick<ReadOptions, 'preset' | 'presetOptions'> }> {
  const { preset: name, algorithm, wildcardScopes = [] } = options;
  const preset = name === undefined ? undefined : presetNamed(name);
  if (preset) return { form: { ...preset.form, secret: null }, reading: { preset, presetOptions: { wildcardScopes } } };
  if (algorithm === undefined) return {};
  const form = formWith(options, algorithm === 'hmac-sha256' ? await secretOf(options, secretInEnvironment) : null);
  const fault = hashFormFault(form);
  if (fault) throw new StartupError(`The secret of hmac-sha256 ${fault.message}.`);
  return { form };
}

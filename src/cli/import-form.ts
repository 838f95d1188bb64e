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

/**
 * Returns the form of the keys of an import, and how its lines are read.
 *
 * @param secretInEnvironment IMPORT_HMAC_SECRET
 * @returns no form for keys of Keyward's own form
 * @throws {UsageError} if the options contradict each other
 * @throws {StartupError} if the secret cannot be read
 */
export async function importFormOf(
  options: FormOptions,
  secretInEnvironment: string | undefined,
): Promise<{ form?: HashForm; reading?: Pick<ReadOptions, 'preset' | 'presetOptions'> }> {
  const { preset: name, algorithm, encoding, part, hmacSecretFile, wildcardScopes } = options;
  if (name !== undefined) {
    if (algorithm ?? encoding ?? part ?? hmacSecretFile)
      throw usage('--preset decides the algorithm, the encoding and the part of the keys.');
    const preset = presetNamed(name);
    if (preset === undefined) throw usage('There is no such preset.');
    return { form: { ...preset.form, secret: null }, reading: { preset, presetOptions: { wildcardScopes: wildcardScopes ?? [] } } };
  }
  if (wildcardScopes) throw usage('--wildcard-scopes requires --preset.');
  if (algorithm === undefined) {
    if (encoding ?? part ?? hmacSecretFile) throw usage('--encoding, --part and --hmac-secret-file require --algorithm.');
    return {};
  }
  const secret = algorithm === 'hmac-sha256' ? await secretOf(options, secretInEnvironment) : null;
  if (secret === null && hmacSecretFile !== undefined) throw usage('--hmac-secret-file requires --algorithm hmac-sha256.');
  const form: HashForm = { algorithm, encoding: encoding ?? 'hex', part: part ?? 'whole', secret };
  const fault = hashFormFault(form);
  if (fault) throw usage(`${fault.option === 'part' ? '--part' : 'The secret'} ${fault.message}.`);
  return { form };
}

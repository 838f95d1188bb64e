import { randomBytes } from 'node:crypto';
import { chmod, link, mkdtemp, readFile, rmdir, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { errorCode } from '../platform/errors/error-code.js';
import { StartupError } from '../platform/errors/keyward-error.js';
import { secretFault } from '../platform/secrets.js';
import { exists } from './exists.js';
import { makeDirectories } from './make-directories.js';

/** Secrets that the first start creates. If they are lost, the database cannot be opened and no token is valid. */
export interface DataDirSecrets {
  databasePassword: string;
  appSecrets: readonly Buffer[];
}

const secretsFile = z.object({
  databasePassword: z.string().min(1),
  appSecrets: z.array(z.string().refine((text) => secretFault(text) === null)).min(1),
});

/**
 * Creates the data directory if it is missing.
 *
 * @throws {StartupError} if it cannot be created or written
 */
export async function prepareDataDir(dataDir: string): Promise<void> {
  // pg_ctl passes the path to a shell in double quotes.
  if (/["$`\\\n]/.test(dataDir)) throw new StartupError('DATA_DIR must not contain " $ ` \\ or a line break.');
  try {
    // If Keyward runs as root, the database runs as another user, which must be able to enter the directory.
    await makeDirectories(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);
    // Permission bits do not limit root, and do not show a read-only file system. Only creating a file proves access.
    await rmdir(await mkdtemp(path.join(dataDir, '.write-check-')));
  } catch (cause) {
    throw new StartupError(`DATA_DIR ${dataDir} is not writable (${errorCode(cause)})`, { cause });
  }
}

/**
 * Returns the secrets in `secrets.json`. The first start creates the file with mode 0600.
 *
 * @throws {StartupError} if the file cannot be read or written, or is damaged
 */
export async function dataDirSecrets(dataDir: string): Promise<DataDirSecrets> {
  const file = path.join(dataDir, 'secrets.json');
  try {
    await createOnce(file, () => {
      const secrets = { databasePassword: randomBytes(24).toString('hex'), appSecrets: [randomBytes(32).toString('base64')] };
      return `${JSON.stringify(secrets, null, 2)}\n`;
    });
    await chmod(file, 0o600);
    const { databasePassword, appSecrets } = secretsFile.parse(JSON.parse(await readFile(file, 'utf8')));
    return { databasePassword, appSecrets: appSecrets.map((secret) => Buffer.from(secret, 'base64')) };
  } catch (cause) {
    // The parsers' messages quote the secrets.
    throw new StartupError(`${file} is unreadable or damaged. Restore it from a backup.`, { cause });
  }
}

/** Creates a file atomically and never replaces one, so that processes that start together read the same secrets. */
async function createOnce(file: string, content: () => string): Promise<void> {
  if (await exists(file)) return;
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, content(), { mode: 0o600, flush: true });
  try {
    await link(draft, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
}

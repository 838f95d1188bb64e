import { randomBytes } from 'node:crypto';
import { access, chmod, link, mkdtemp, readFile, rmdir, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { StartupError } from '../platform/errors/keyward-error.js';
import { secretFault } from '../platform/secrets.js';
import { makeDirectories } from './make-directories.js';

/** What is made once for the embedded set-up and must be kept: without it the database can't be opened and no token is good. */
export interface DataDirSecrets {
  databasePassword: string;
  appSecrets: readonly Buffer[];
}

const secretsFile = z.object({
  databasePassword: z.string().min(1),
  appSecrets: z.array(z.string().refine((text) => secretFault(text) === null)).min(1),
});

/**
 * Makes the data directory where it is missing.
 *
 * @throws {StartupError} when it can't be made or written
 */
export async function prepareDataDir(dataDir: string): Promise<void> {
  // pg_ctl hands the path to a shell between double quotes.
  if (/["$`\\\n]/.test(dataDir)) throw new StartupError('DATA_DIR must not hold any of " $ ` \\ or a line break');
  try {
    // As root, the database runs as another user, who must be able to pass through.
    await makeDirectories(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);
    // Permission bits say nothing to root, nor of a read-only or special file system: only creating something does.
    await rmdir(await mkdtemp(path.join(dataDir, '.write-check-')));
  } catch (cause) {
    throw new StartupError(`DATA_DIR ${dataDir} can't be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}

/**
 * Reads `secrets.json`, which is made at the first start, readable for its owner only.
 *
 * @throws {StartupError} when the file is there and can't be read or isn't whole
 */
export async function dataDirSecrets(dataDir: string): Promise<DataDirSecrets> {
  const file = path.join(dataDir, 'secrets.json');
  try {
    await createOnce(file, () => {
      const made = { databasePassword: randomBytes(24).toString('hex'), appSecrets: [randomBytes(32).toString('base64')] };
      return `${JSON.stringify(made, null, 2)}\n`;
    });
    await chmod(file, 0o600);
    const { databasePassword, appSecrets } = secretsFile.parse(JSON.parse(await readFile(file, 'utf8')));
    return { databasePassword, appSecrets: appSecrets.map((secret) => Buffer.from(secret, 'base64')) };
  } catch (cause) {
    // The parsers' own messages quote what they read.
    throw new StartupError(`${file} can't be read or written, or isn't what Keyward wrote there; restore it from a backup`, { cause });
  }
}

/** Whole or not at all, and never over another's: two processes that start at once end up with the same secrets. */
async function createOnce(file: string, content: () => string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) return;
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, content(), { mode: 0o600, flush: true });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
}

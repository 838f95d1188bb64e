import { lstat, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../../platform/errors/error-code.js';
import { StartupError } from '../../platform/errors/keyward-error.js';

/** The list of links in the package, because an npm package cannot contain symbolic links. */
const LIST = 'native/pg-symlinks.json';

/** Creates a link that does not exist. Another process can create it at the same time. */
async function createLink(folder: string, { source, target }: { source: string; target: string }): Promise<void> {
  const link = path.join(folder, target);
  if (await lstat(link).catch(() => null)) return;
  await symlink(path.relative(path.dirname(link), path.join(folder, source)), link).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error;
  });
}

/**
 * Creates the symbolic links of PostgreSQL's libraries, if the install script of the package has not created them. npm 11 runs
 * no install script that the project does not allow.
 *
 * @param folder the folder of the package
 * @throws {StartupError} if the folder is not writable
 */
export async function createLibraryLinks(folder: string): Promise<void> {
  const list = await readFile(path.join(folder, LIST), 'utf8').catch(() => '[]');
  try {
    for (const link of JSON.parse(list) as { source: string; target: string }[]) await createLink(folder, link);
  } catch (cause) {
    throw new StartupError(
      `The symbolic links of the embedded PostgreSQL cannot be created in ${folder}. Start Keyward once as the owner of this folder, or set DATABASE_URL.`,
      { cause },
    );
  }
}

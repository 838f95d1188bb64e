import { constants, mkdir, mkdtemp, open, rmdir, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { errorCode } from '../../platform/errors/error-code.js';
import { StartupError } from '../../platform/errors/keyward-error.js';
import type { Account } from './unprivileged-user.js';

/** Part of the name of the socket. No TCP port is opened. */
export const SOCKET_PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${SOCKET_PORT}`;

/** Created by PostgreSQL beside the socket. */
export const SOCKET_LOCK_NAME = `${SOCKET_NAME}.lock`;

/** `sun_path` of sockaddr_un without its final zero byte. */
const SOCKET_PATH_BYTES_MAX = process.platform === 'darwin' ? 103 : 107;

const TEMPORARY_PREFIX = 'keyward-';

const fits = (folder: string): boolean => Buffer.byteLength(path.join(folder, SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX;

const fixedFolder = (dataDir: string): string => path.join(dataDir, 'socket');

const isTemporary = (folder: string): boolean => path.basename(folder).startsWith(TEMPORARY_PREFIX);

/**
 * Returns the folder for PostgreSQL's socket: a subfolder of DATA_DIR, or a new temporary folder if the path of the socket
 * would be too long for the operating system.
 *
 * @throws {StartupError} if the path in a temporary folder is too long, too
 */
export async function chooseSocketFolder(dataDir: string, owner: Account | null): Promise<string> {
  const folder = fixedFolder(dataDir);
  if (fits(folder)) return folder;
  const parent = [tmpdir(), '/tmp'].find((candidate) => fits(path.join(candidate, `${TEMPORARY_PREFIX}XXXXXX`)));
  if (parent === undefined)
    throw new StartupError('The paths of DATA_DIR and TMPDIR are too long for a Unix socket. Use a shorter DATA_DIR.');
  const temporary = await mkdtemp(path.join(parent, TEMPORARY_PREFIX));
  await giveTo(temporary, owner);
  return temporary;
}

/** Creates the folder if it is missing. Checks that only PostgreSQL's user can enter a folder that exists. */
export async function prepareSocketFolder(folder: string, owner: Account | null): Promise<void> {
  const isNew = await mkdir(folder, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      return false;
    },
  );
  if (isNew) await giveTo(folder, owner);
  else await checkSocketFolder(folder, owner);
}

/**
 * Checks that only PostgreSQL's user and root can create a socket in the folder. Any other user could put a program in the
 * place of the database.
 *
 * @throws {StartupError} if other users can enter the folder, or it is missing
 */
export async function checkSocketFolder(folder: string, owner: Account | null): Promise<void> {
  const { uid, mode } = await statFolder(folder);
  if (uid === (owner?.uid ?? process.getuid?.()) && (mode & 0o077) === 0) return;
  throw new StartupError(
    `The folder ${folder} must belong to the user that runs PostgreSQL and have mode 0700. Remove it; it is created again.`,
  );
}

/** Removes a temporary folder and the files that a killed PostgreSQL left in it. A folder in DATA_DIR stays. */
export async function removeTemporaryFolder(folder: string): Promise<void> {
  if (!isTemporary(folder)) return;
  for (const name of [SOCKET_NAME, SOCKET_LOCK_NAME]) await unlink(path.join(folder, name)).catch(() => undefined);
  await rmdir(folder).catch(() => undefined);
}

/** Opens the folder itself: with a symbolic link, another folder would be checked or changed. */
const openFolder = (folder: string) => open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);

async function statFolder(folder: string): Promise<{ uid: number; mode: number }> {
  try {
    const handle = await openFolder(folder);
    return await handle.stat().finally(() => handle.close());
  } catch (cause) {
    throw new StartupError(`The folder ${folder} of PostgreSQL's socket cannot be used (${errorCode(cause)}).`, {
      cause,
    });
  }
}

async function giveTo(folder: string, owner: Account | null): Promise<void> {
  if (!owner) return;
  const handle = await openFolder(folder);
  try {
    const { uid } = await handle.stat();
    if (uid === process.getuid?.()) await handle.chown(owner.uid, owner.gid);
  } finally {
    await handle.close();
  }
}

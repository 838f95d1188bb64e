import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../platform/errors/error-code.js';

async function isMissing(directory: string): Promise<boolean> {
  try {
    await stat(directory);
    return false;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}

/**
 * Creates a directory and its missing parents, and does nothing if it exists.
 *
 * Node's own `mkdir` with `recursive` never returns on file systems that answer ENOENT to a `mkdir` in a directory that
 * exists, as /proc does: it takes the answer for a missing parent and starts again. This function tries each level once.
 *
 * @throws {NodeJS.ErrnoException} if a level cannot be created, or is not a directory
 */
export async function makeDirectories(directory: string, mode: number): Promise<void> {
  const missing: string[] = [];
  for (let level = path.resolve(directory); await isMissing(level); level = path.dirname(level)) missing.unshift(level);
  for (const level of missing) {
    await mkdir(level, { mode }).catch((error: unknown) => {
      // Another process that starts at the same time creates the same directories.
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  }
  if (!(await stat(directory)).isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
}

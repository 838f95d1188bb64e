// Runs npm, also where it is not on the PATH but started this process.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

/**
 * Runs npm and returns what it prints. Throws with its error output if it fails.
 *
 * @param {string[]} args
 * @param {string} cwd
 */
export function npm(args, cwd) {
  const own = process.env.npm_execpath;
  const [command, first] = own?.endsWith('npm-cli.js') ? [process.execPath, [own]] : ['npm', []];
  const { status, stdout, stderr, error } = spawnSync(command, [...first, ...args], { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ${args.join(' ')}: ${stderr || stdout}`);
  return stdout;
}

/**
 * Packs a folder with a package.json.
 *
 * @param {string} folder
 * @param {string} destination the folder for the tarball
 * @returns {string} the path of the tarball
 */
export function packFolder(folder, destination) {
  const [packed] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', destination], folder));
  return path.join(destination, packed.filename);
}

/**
 * Returns the repository that a workflow publishes from, as a field of package.json. npm compares it with the provenance.
 *
 * @param {string} [directory] folder of the package in the repository
 */
export function repository(directory) {
  const { GITHUB_SERVER_URL = 'https://github.com', GITHUB_REPOSITORY } = process.env;
  return GITHUB_REPOSITORY
    ? { repository: { type: 'git', url: `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git`, ...(directory && { directory }) } }
    : {};
}

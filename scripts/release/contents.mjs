// What the published artefacts contain, and what they must not contain.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { npm } from '../lib/pack-folder.mjs';
import { missingPackages } from '../lib/pack-server.mjs';
import { inRoot } from '../lib/prepare.mjs';
import { lockedAt, nameOf, shippedPlaces } from '../lib/shipped-packages.mjs';

/** The files of the server itself. */
const SERVER_FILES =
  /^package\/(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|schema\.graphql|bin\/keyward\.mjs|dist\/.+\.js|(?:prisma\/migrations|assets|console\/dist|node_modules)\/.+)$/;

const CLIENT_FILES = /^package\/(?:package\.json|README\.md|LICENSE|dist\/[\w-]+\.(?:js|d\.ts))$/;

/** Files that hold settings or data of a developer. */
const PRIVATE = /(?:^|\/)(?:\.env|\.npmrc|secrets\.json|data\/.*|compose\.env)$/;

/** @param {string} tarball @returns {string[]} */
const filesOf = (tarball) =>
  execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
    .split('\n')
    .filter((file) => file !== '' && !file.endsWith('/'));

/** @param {readonly string[]} files @param {RegExp} expected @param {readonly string[]} missing */
function requireFiles(files, expected, missing) {
  const unexpected = files.filter((file) => !expected.test(file) || (PRIVATE.test(file) && !file.includes('/node_modules/')));
  if (unexpected.length > 0) throw new Error(`unexpected files: ${unexpected.slice(0, 10).join(', ')}`);
  if (missing.length > 0) throw new Error(`missing packages: ${missing.join(', ')}`);
}

/** @param {string} tarball @returns the number of files. Throws if the tarball has other files than the server and its packages */
export function checkServerTarball(tarball) {
  const files = filesOf(tarball);
  requireFiles(files, SERVER_FILES, missingPackages(files));
  const { version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const manifest = JSON.parse(execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' }));
  const unwanted = ['private', 'devDependencies', 'scripts', 'overrides', 'allowScripts'].filter((name) => name in manifest);
  if (unwanted.length > 0) throw new Error(`the manifest has ${unwanted.join(', ')}`);
  if (manifest.version !== version) throw new Error(`the manifest has the version ${manifest.version}`);
  for (const file of ['dist/main.js', 'dist/cli/main.js', 'bin/keyward.mjs', 'prisma/migrations/migration_lock.toml']) {
    if (existsSync(inRoot(file)) && !files.includes(`package/${file}`)) throw new Error(`${file} is missing`);
  }
  // The console is part of the package as soon as it is built.
  const hasConsole = files.some((file) => file.startsWith('package/console/dist/'));
  if (existsSync(inRoot('console/dist')) && !hasConsole) throw new Error('console/dist is missing');
  return files.length;
}

/** @param {string} tarball @returns the number of files */
export function checkClientTarball(tarball) {
  const files = filesOf(tarball);
  requireFiles(files, CLIENT_FILES, []);
  return files.length;
}

/**
 * Writes a project with the dependencies of the server and the packages that are shipped. npm would otherwise also list optional
 * peers of these packages, which are development dependencies of the repository.
 *
 * @param {string} folder
 */
function writeShippedProject(folder) {
  const { name, version, license, dependencies, optionalDependencies, overrides } = JSON.parse(
    readFileSync(inRoot('package.json'), 'utf8'),
  );
  const manifest = { name, version, license, dependencies, optionalDependencies, overrides };
  const packages = Object.fromEntries([['', manifest], ...[...shippedPlaces()].map((place) => [place, lockedAt(place)])]);
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify({ name, version, lockfileVersion: 3, requires: true, packages }));
}

/**
 * Returns the bill of materials of the server in CycloneDX, by npm. Throws if it lists other packages than those that are shipped.
 *
 * @param {string} folder an existing folder for a temporary project
 */
export function serverSbom(folder) {
  const project = mkdtempSync(path.join(folder, 'sbom-'));
  writeShippedProject(project);
  const text = npm(['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only'], project);
  rmSync(project, { recursive: true });
  const sbom = JSON.parse(text);
  const listed = new Set(sbom.components.map((/** @type {{ name: string, version: string }} */ { name, version }) => `${name}@${version}`));
  const shipped = new Set([...shippedPlaces()].map((place) => `${nameOf(place)}@${lockedAt(place).version}`));
  const different = [...listed].filter((id) => !shipped.has(id)).concat([...shipped].filter((id) => !listed.has(id)));
  if (sbom.bomFormat !== 'CycloneDX' || different.length > 0) throw new Error(`the bill of materials differs: ${different.join(', ')}`);
  return { text, components: listed.size };
}

/** @param {string} folder @returns {string[]} */
const filesBelow = (folder) =>
  readdirSync(inRoot(folder), { recursive: true, encoding: 'utf8' })
    .map((file) => path.posix.join(folder, file))
    .filter((file) => statSync(inRoot(file), { throwIfNoEntry: false })?.isFile());

/**
 * Returns the files of the image below /app, by the instructions of the Dockerfile: what its last stage copies. The packages are
 * those that `npm ci --omit=dev --omit=peer` installs on this platform. test/system/image.test.ts runs the instructions.
 */
export function imageFiles() {
  const [, last = ''] = /^FROM (?![\s\S]*^FROM )([\s\S]*)/m.exec(readFileSync(inRoot('Dockerfile'), 'utf8')) ?? [];
  const sources = [...last.matchAll(/^COPY (?:--from=\w+ )?(\S+) \S+$/gm)].map(([, source = '']) => source.replace('/app/', ''));
  const files = sources.flatMap((source) => {
    if (source !== 'node_modules') return statSync(inRoot(source)).isFile() ? [source] : filesBelow(source);
    const places = [...shippedPlaces()].filter((place) => existsSync(inRoot(place)));
    return places.flatMap((place) => filesBelow(place).filter((file) => !file.slice(place.length).includes('/node_modules/')));
  });
  const unexpected = files.filter(
    (file) => !/^(?:package\.json$|(?:node_modules|dist|prisma\/migrations|assets|bin|console\/dist)\/)/.test(file),
  );
  if (unexpected.length > 0 || !files.includes('dist/main.js'))
    throw new Error(`unexpected files in the image: ${unexpected.slice(0, 10).join(', ')}`);
  const bytes = files.reduce((sum, file) => sum + statSync(inRoot(file)).size, 0);
  return { files: [...new Set(files)].sort(), bytes };
}

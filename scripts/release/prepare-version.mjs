// npm run release:prepare -- 0.2.0 2026-12-01: writes the version into every file that has it, and turns “Unreleased” of the
// changelog into that version.
import { readFileSync, writeFileSync } from 'node:fs';
import { inRoot } from '../lib/prepare.mjs';

/** @param {string} text @param {RegExp} pattern @param {string} replacement */
function replaceOnce(text, pattern, replacement) {
  if (!pattern.test(text)) throw new Error(`not found: ${pattern}`);
  return text.replace(pattern, replacement);
}

/**
 * Returns the changes of a release.
 *
 * @param {(file: string) => string} read
 * @param {string} version
 * @param {string} date
 * @returns {Map<string, string>} the new text of each file
 */
export function releaseOf(read, version, date) {
  if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version) || !/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date))) {
    throw new Error('Usage: npm run release:prepare -- VERSION YYYY-MM-DD');
  }
  const inJson = /(?<="version": ")[^"]+/;
  return new Map([
    ['package.json', replaceOnce(read('package.json'), inJson, version)],
    [
      'package-lock.json',
      read('package-lock.json').replace(/^(?:[^\n]*\n){12}/, (head) => head.replaceAll(/(?<="version": ")[^"]+/g, version)),
    ],
    ['client/package.json', replaceOnce(read('client/package.json'), inJson, version)],
    ['docs/openapi.yaml', replaceOnce(read('docs/openapi.yaml'), /(?<=^ {2}version: ).+$/m, version)],
    ['CHANGELOG.md', replaceOnce(read('CHANGELOG.md'), /^## Unreleased$/m, `## Unreleased\n\n## ${version} - ${date}`)],
  ]);
}

if (process.argv[1] === import.meta.filename) {
  const [version = '', date = ''] = process.argv.slice(2);
  for (const [file, text] of releaseOf((name) => readFileSync(inRoot(name), 'utf8'), version, date)) writeFileSync(inRoot(file), text);
}

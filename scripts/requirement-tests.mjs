// npm run requirements: prints the IDs of docs/security.md that occur in the name of no test, one per line, and exits with 1 if
// there are any.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/prepare.mjs';

/** @returns the IDs of the requirements in docs/security.md, in order */
export function requirementIds() {
  const text = readFileSync(path.join(root, 'docs/security.md'), 'utf8');
  return [...text.matchAll(/^\| ([A-Z]\d+) \|/gm)].map(([, id = '']) => id);
}

/** @returns the IDs that occur in the name of no test */
export function untestedIds() {
  const files = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const names = files.flatMap((file) => {
    const text = readFileSync(path.join(root, 'test', file), 'utf8');
    // The name of a test, of a group of tests, or of a row in a table of tests.
    return [...text.matchAll(/(?:\b(?:test|describe)(?:\.\w+)*\(|\[|\)\(|,)\s*['"`]((?:[A-Z]\d+(?:, )?)+):/g)].map(([, ids = '']) => ids);
  });
  const tested = new Set(names.flatMap((ids) => ids.split(', ')));
  return requirementIds().filter((id) => !tested.has(id));
}

if (process.argv[1] === import.meta.filename) {
  const untested = untestedIds();
  for (const id of untested) console.log(id);
  process.exitCode = untested.length > 0 ? 1 : 0;
}

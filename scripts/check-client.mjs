// Checks the layout of client/src: it imports Node, its own files and, where Apollo Server needs it, graphql. It has no
// dependencies, so that a service that adds it gets one package. Files and functions stay small. Prints `client/src/file:line:
// problem`, and exits with 1 if it finds any.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LIMITS } from './lib/layers.mjs';
import { inRoot } from './lib/prepare.mjs';
import { factsOf } from './lib/source-facts.mjs';

/** The file that may import a package, which every project with Apollo Server has. */
const PEERS = new Map([['apollo.ts', ['graphql']]]);

/** @param {string} file @param {string} specifier */
function isAllowed(file, specifier) {
  if (specifier.startsWith('node:') || PEERS.get(file)?.includes(specifier)) return true;
  return specifier.startsWith('.') && !path.posix.join(path.posix.dirname(file), specifier).startsWith('..');
}

/**
 * @param {ReadonlyMap<string, string>} sources the text of each file, by its path in client/src
 * @param {Record<string, unknown>} manifest
 * @returns {string[]} problems
 */
export function checkClient(sources, manifest) {
  const problems = ['dependencies', 'optionalDependencies', 'scripts'].flatMap((name) =>
    name in manifest ? [`client/package.json: has ${name}`] : [],
  );
  for (const [file, source] of sources) {
    const { lines, imports, functions } = factsOf(source);
    const place = (/** @type {number} */ line) => `client/src/${file}:${line}`;
    for (const { line, specifier } of imports) if (!isAllowed(file, specifier)) problems.push(`${place(line)}: imports ${specifier}`);
    for (const each of functions) {
      if (each.lines > LIMITS.functionLines) problems.push(`${place(each.line)}: ${each.name} has ${each.lines} lines`);
    }
    if (lines > LIMITS.fileLines) problems.push(`${place(1)}: has ${lines} lines`);
  }
  return problems;
}

if (process.argv[1] === import.meta.filename) {
  const files = readdirSync(inRoot('client/src')).filter((file) => file !== 'generated.ts');
  const sources = new Map(files.map((file) => [file, readFileSync(inRoot('client/src', file), 'utf8')]));
  const problems = checkClient(sources, JSON.parse(readFileSync(inRoot('client/package.json'), 'utf8')));
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

// The packages that the build of the console puts into its files.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './prepare.mjs';
import { lockedAt, placeOf } from './shipped-packages.mjs';

const IMPORT = /^import (?!type )[^;]*?from '([^'.][^']*)';$/gm;

/** @param {string} specifier @returns {string} the package of `preact/hooks` or `@scope/name/internal` */
function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Returns the packages that the sources of the console import, without those that they import for types alone. */
function consoleImports() {
  const folder = path.join(root, 'console/src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
  const sources = files.map((file) => readFileSync(path.join(folder, file), 'utf8'));
  return [...new Set(sources.flatMap((source) => [...source.matchAll(IMPORT)].map(([, specifier = '']) => packageOf(specifier))))].sort();
}

/** Returns the bundled packages, by their place in node_modules: those that the console imports, and what they depend on. */
export function bundledPlaces() {
  /** @type {Set<string>} */
  const places = new Set();
  /** @param {string} name @param {string} from */
  const visit = (name, from) => {
    const place = placeOf(name, from);
    if (place === undefined || places.has(place)) return;
    places.add(place);
    for (const dependency of Object.keys(lockedAt(place).dependencies ?? {})) visit(dependency, place);
  };
  for (const name of consoleImports()) visit(name, '');
  return places;
}

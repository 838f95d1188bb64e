// The packages that the server needs at run time, by package-lock.json.
import { readFileSync } from 'node:fs';
import { inRoot } from './prepare.mjs';

/**
 * @typedef {{ version: string, license?: string, resolved?: string, integrity?: string, dependencies?: object,
 *   optionalDependencies?: object, peerDependencies?: object, peerDependenciesMeta?: Record<string, { optional?: boolean }> }} LockedPackage
 */

/** @type {{ packages: Record<string, LockedPackage> }} */
const { packages } = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8'));

/**
 * @param {string} name
 * @param {string} from
 * @returns the folder in node_modules where Node finds a package from another package; undefined if it is not installed
 */
function placeOf(name, from) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[place]) return place;
    if (folder === '') return undefined;
  }
}

/** @param {string} place */
export function lockedAt(place) {
  const locked = packages[place];
  if (!locked) throw new Error(`package-lock.json has no ${place}.`);
  return locked;
}

/** @param {string} place @returns the name of the package in a folder */
export const nameOf = (place) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);

/**
 * Returns the folder of every package that Keyward's dependencies lead to, on any platform. Optional peers are omitted: nothing
 * that is shipped installs them.
 */
export function shippedPlaces() {
  /** @type {Set<string>} */
  const places = new Set();
  /** @param {string} from */
  const visit = (from) => {
    const { dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta = {} } = lockedAt(from);
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

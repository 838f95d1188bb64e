// What the parts of `npm run bench` share.
import { startKeyward } from '../lib.mjs';

/**
 * @typedef {object} Bench
 * @property {import('../lib.mjs').ChildProcess} loader
 * @property {number} rounds
 * @property {number} seconds duration of one load
 * @property {number} connections
 * @property {number} keys the large number of keys
 * @property {string | undefined} before folder of another checkout to compare with
 * @property {number | undefined} postgresPid
 * @property {import('../lib.mjs').NewDatabase} newDatabase
 * @property {(keyCount: number) => Promise<string>} databaseOf returns the URL of a database with this number of keys, which is created once
 */

export const FEW_KEYS = 400;

/** The default of VERIFICATION_CACHE_KEYS. */
export const CACHED_KEYS = 200_000;

/**
 * Starts a server, and returns it as the target of a load on /verify.
 *
 * @param {string} url of the database
 * @param {string} [checkout]
 */
export async function startTarget(url, checkout) {
  const server = await startKeyward(url, {}, undefined, checkout);
  return { ...server, target: { port: server.port, path: '/verify', keys: FEW_KEYS, pid: server.child.pid } };
}

/**
 * Ends a server.
 *
 * @param {import('../lib.mjs').Server} server
 */
export async function end({ child }) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}

// Verification of more and more keys, by how many of them the cache holds.
import { measure, measureThroughput, median, printRatio } from '../lib.mjs';
import { CACHED_KEYS, end, FEW_KEYS, startTarget } from './bench.mjs';

/** Number of processes that are started to measure their first seconds. */
const STARTS = 3;

/** @param {import('./bench.mjs').Bench} bench */
export async function measureKeys(bench) {
  console.error(`Creating ${bench.keys} keys …`);
  const url = await bench.databaseOf(bench.keys);
  const { loader, connections, seconds, postgresPid, keys } = bench;
  /** @type {Map<string | undefined, import('../lib.mjs').Measurement[]>} */
  const startsOf = new Map([[undefined, []]]);
  if (bench.before !== undefined) startsOf.set(bench.before, []);
  for (let start = 0; start < STARTS; start += 1) {
    for (const [checkout, starts] of startsOf) {
      const server = await startTarget(url, checkout);
      starts.push(await measure(loader, { ...server.target, keys, connections, seconds }, postgresPid));
      await end(server);
    }
  }
  const starts = startsOf.get(undefined) ?? [];
  const server = await startTarget(url);
  // Every key that the cache can hold, once, so that the first load of many keys does not begin with an empty cache.
  const warmUp = { ...server.target, keys: Math.min(keys, CACHED_KEYS), distribution: /** @type {const} */ ('sequential') };
  await measure(loader, { ...warmUp, connections, seconds: 600 }, postgresPid);
  /** @param {number} count @param {import('../lib.mjs').Distribution} distribution @returns {import('../lib.mjs').Target} */
  const target = (count, distribution) => ({ ...server.target, keys: count, distribution });
  const few = `${FEW_KEYS} keys`;
  const counts = [Math.min(keys, CACHED_KEYS), keys];
  const names = counts.flatMap((count) => /** @type {const} */ (['uniform', 'zipf']).map((distribution) => ({ count, distribution })));
  /** @type {[string, import('../lib.mjs').Target][]} */
  const more = names.map(({ count, distribution }) => [`${count} keys, ${distribution}`, target(count, distribution)]);
  const of = await measureThroughput(loader, { [few]: target(FEW_KEYS, 'uniform'), ...Object.fromEntries(more) }, bench);
  const cold = median(starts.map(({ perSecond }) => perSecond));
  const coldBefore = median((startsOf.get(bench.before) ?? []).map(({ perSecond }) => perSecond));
  console.log(`first ${seconds} s of a process, ${keys} keys, uniform`.padEnd(45), cold.toFixed(0), 'requests/s');
  console.log('PG µs for each of these requests'.padEnd(45), median(starts.map(({ postgresUs }) => postgresUs)).toFixed(1));
  console.log();
  for (const [name] of more) printRatio(`throughput of ${name} / ${few}`, of(name, 'perSecond'), of(few, 'perSecond'));
  printRatio(`throughput of the first ${seconds} s / ${few}`, cold, of(few, 'perSecond'));
  if (bench.before !== undefined) printRatio(`throughput of the first ${seconds} s / before`, cold, coldBefore);
  await end(server);
}

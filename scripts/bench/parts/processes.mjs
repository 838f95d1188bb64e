// Two processes on one database against one, without a proxy in front of them.
import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf, forked, median, printRatio } from '../lib.mjs';
import { end, FEW_KEYS, startTarget } from './bench.mjs';

/** @param {import('./bench.mjs').Bench} bench */
export async function measureProcesses(bench) {
  const { loader, connections, seconds, rounds } = bench;
  const url = await bench.databaseOf(FEW_KEYS);
  const servers = [await startTarget(url), await startTarget(url)];
  const otherLoader = forked('load.mjs');
  const loaders = [loader, otherLoader];
  /** @param {number} count @returns {Promise<number>} the sum of the throughputs of `count` processes */
  const throughputOf = async (count) => {
    const loads = servers.slice(0, count).map(({ target }, index) => {
      return answerOf(loaders[index] ?? loader, { ...target, connections, seconds });
    });
    const results = await Promise.all(loads);
    await sleep(1_500);
    return results.reduce((sum, { perSecond }) => sum + perSecond, 0);
  };
  /** @type {[number[], number[]]} */
  const [one, two] = [[], []];
  for (let round = -1; round < rounds; round += 1) {
    const [single, both] = [await throughputOf(1), await throughputOf(2)];
    // In the first round the compiler warms up.
    if (round < 0) continue;
    one.push(single);
    two.push(both);
  }
  console.log('one process under one load'.padEnd(45), median(one).toFixed(0), 'requests/s');
  console.log('two processes under one load each, together'.padEnd(45), median(two).toFixed(0), 'requests/s');
  printRatio('throughput of two processes / one', median(two), median(one));
  otherLoader.kill();
  for (const server of servers) await end(server);
}

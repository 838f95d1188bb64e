// npm run bench: measures verification in seven parts, each of which takes at most about two minutes. In each part, the targets
// run in turn, in several rounds. Prints medians and ratios. Each key of a load is random.
//
//   hits        /verify with 400 keys against bare Fastify routes; CPU time of Node and PostgreSQL
//   graphql     verifyApiKey against a bare Apollo field
//   keys        400, 200,000 and all keys, uniform and Zipf, and the first seconds of a process
//   processes   two processes, each on its own port under its own load, against one
//   memory      memory of a cached key
//   foreign     own keys with many keys of other systems in the table, against a table without them
//   revocation  the time to revoke a key with and without the trigger that reports changes
//   policies    /verify for keys without a policy, with a policy, and with a rate limit of the owner; with --before also the checkout before
//
//   npm run bench -- --only hits,memory --rounds 5 --seconds 5 --keys 1000000 --connections 50
//   npm run bench -- --only hits,keys --before DIR   also measures another checkout, which must be built
//   npm run bench -- --minutes 5                one long load over all keys, which shows whether the heap grows
import { parseArgs } from 'node:util';
import { forked, withPostgres } from './lib.mjs';
import { measureForeign } from './parts/foreign.mjs';
import { measureGraphql, measureHits } from './parts/hits.mjs';
import { measureKeys } from './parts/keys.mjs';
import { measureHeap, measureMemory } from './parts/memory.mjs';
import { measurePolicies } from './parts/policies.mjs';
import { measureProcesses } from './parts/processes.mjs';
import { measureRevocation } from './parts/revocation.mjs';

/** @type {Record<string, (bench: import('./parts/bench.mjs').Bench) => Promise<void>>} */
const PARTS = {
  hits: measureHits,
  graphql: measureGraphql,
  keys: measureKeys,
  processes: measureProcesses,
  memory: measureMemory,
  foreign: measureForeign,
  revocation: measureRevocation,
  policies: measurePolicies,
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(PARTS).join() },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    keys: { type: 'string', default: '1000000' },
    connections: { type: 'string', default: '50' },
    before: { type: 'string' },
    minutes: { type: 'string' },
  },
});
const names = values.only.split(',');
const unknown = names.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0) throw new Error(`Unknown part: ${unknown.join(', ')}. The parts are ${Object.keys(PARTS).join(', ')}.`);

await withPostgres(async ({ newDatabase, postgresPid }) => {
  /** @type {Map<number, Promise<string>>} */
  const databases = new Map();
  /** @type {import('./parts/bench.mjs').Bench} */
  const bench = {
    loader: forked('load.mjs'),
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    keys: Number(values.keys),
    before: values.before,
    postgresPid,
    newDatabase,
    databaseOf: (keyCount) => {
      const url = databases.get(keyCount) ?? newDatabase(`keys_${keyCount}`, keyCount);
      databases.set(keyCount, url);
      return url;
    },
  };
  if (values.minutes !== undefined) {
    await measureHeap(bench, Number(values.minutes));
    return;
  }
  for (const name of names) {
    console.log(`\n${name}`);
    await PARTS[name]?.(bench);
  }
});

// npm run soak: runs two servers on one PostgreSQL under mixed load, with random failures (test/support/faults/chaos.ts), and compares
// their answers with the acknowledged writes. Exits with 1 if an answer was wrong or an acknowledged write was lost.
// Before, it kills servers while they create keys, and while they send events of webhooks.
//   npm run soak -- --minutes 10 --every 5 --kills 100 --webhook-kills 100 --seed 1
import path from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, root, runNode } from './lib/prepare.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    kills: { type: 'string', default: '100' },
    'webhook-kills': { type: 'string', default: '10' },
    every: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [minutes, everySeconds] = [Number(values.minutes), Number(values.every)];
const [kills, webhookKills, seed] = [Number(values.kills), Number(values['webhook-kills']), Number(values.seed)];
if (!(minutes > 0 && everySeconds > 0 && kills >= 0 && webhookKills >= 0 && Number.isInteger(seed))) {
  console.error('usage: npm run soak -- [--minutes N] [--every SECONDS] [--kills N] [--webhook-kills N] [--seed N]');
  process.exit(2);
}

prepare();
runNode('node_modules/typescript/bin/tsc', '-p', 'test/support/faults/tsconfig.json');
const { soak } = await import(path.join(root, '.cache/soak/test/support/faults/soak.js'));

const load = { writers: 6, verifiers: 8 };
console.log(`two servers, ${load.writers} writers and ${load.verifiers} verifiers, a failure every ${everySeconds} s, seed ${seed}`);
const findings = await soak({
  kills,
  webhookKills,
  seconds: minutes * 60,
  everySeconds,
  faultSecondsMax: 4,
  seed,
  load,
  onProgress: console.log,
});

const { requests, served, faults, wrongAnswers, lostWrites, told } = findings;
/** @param {string} name @param {number} count */
const line = (name, count) => console.log(name.padEnd(36), String(count).padStart(9));
console.log();
for (const what of told) console.log(what);
line('requests', requests);
line('  with a status other than 503', served);
line(
  'failures',
  [...faults.values()].reduce((sum, count) => sum + count, 0),
);
for (const [name, count] of faults) line(`  ${name}`, count);
line('wrong answers', wrongAnswers);
line('lost acknowledged writes', lostWrites);
process.exit(wrongAnswers + lostWrites === 0 ? 0 : 1);

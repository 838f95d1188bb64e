// npm run bench:flood: measures verification alone, and while 100 clients sign in without pause, in turn. Row F7 of
// docs/security.md: the p99 with the flood is at most 3 times the p99 without it.
//   npm run bench:flood -- --rounds 5 --seconds 5 --connections 50
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { answerOf, forked, median, startKeyward, withPostgres } from './lib.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '50' },
  },
});
const [rounds, seconds, connections] = [Number(values.rounds), Number(values.seconds), Number(values.connections)];
const KEYS = 400;

const AT_ONCE = 100;
const PASSWORD = 'correct horse battery staple';
const USERS = 10;

/** Pause of a rejected client. Without a pause the benchmark would measure the client. */
const RETRY_AFTER_MS = 1_000;

/**
 * @param {number} port
 * @param {string} query
 * @param {string | undefined} email
 */
async function ask(port, query, email) {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input: { email, password: PASSWORD } } }),
  });
  await response.text();
  return response.status;
}

/**
 * @param {number} port
 * @returns {Promise<{ stop(): Promise<{ served: number, rejected: number }> }>} a flood that runs until it is stopped
 */
async function floodWithSignIns(port) {
  const emails = Array.from({ length: USERS }, (_, index) => `flood${index}@example.com`);
  for (const email of emails) await ask(port, 'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }', email);
  const counts = { served: 0, rejected: 0 };
  let isOver = false;
  const people = Array.from({ length: AT_ONCE }, async (_, index) => {
    while (!isOver) {
      const status = await ask(port, 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', emails[index % USERS]);
      counts[status === 200 ? 'served' : 'rejected'] += 1;
      if (status !== 200) await sleep(RETRY_AFTER_MS);
    }
  });
  return {
    async stop() {
      isOver = true;
      await Promise.all(people);
      return counts;
    },
  };
}

await withPostgres(async ({ newDatabase }) => {
  const loader = forked('load.mjs');
  const { port } = await startKeyward(await newDatabase('few', KEYS));
  const load = { port, path: '/verify', keys: KEYS, connections, seconds };
  /** @type {{ calm: number[], flooded: number[] }} */
  const p99 = { calm: [], flooded: [] };
  for (let round = -1; round < rounds; round += 1) {
    const calm = await answerOf(loader, load);
    const flood = await floodWithSignIns(port);
    const flooded = await answerOf(loader, load);
    const { served, rejected } = await flood.stop();
    await sleep(1_500);
    // In the first round the compiler warms up.
    if (round < 0) continue;
    p99.calm.push(calm.p99Ms);
    p99.flooded.push(flooded.p99Ms);
    const rates = [calm, flooded].map(({ perSecond }) => `${perSecond.toFixed(0)}/s`);
    console.log(`p99 ${calm.p99Ms.toFixed(2)} ms at ${rates[0]}; flooded ${flooded.p99Ms.toFixed(2)} ms at ${rates[1]}`);
    console.log(`  sign-ins meanwhile: ${served} served, ${rejected} rejected`);
  }
  console.log(`p99 of /verify with 100 concurrent sign-ins / without: ${(median(p99.flooded) / median(p99.calm)).toFixed(2)}`);
});

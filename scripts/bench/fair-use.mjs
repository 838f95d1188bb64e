// npm run bench:fair-use: measures the effect of one user who changes one key on 150 connections at once, without pause. Prints
// the latency of another user's `me` and `updateApiKey` without and with this load. Row A12 of docs/security.md.
//   npm run bench:fair-use -- --connections 150 --seconds 5
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startKeyward, withPostgres } from './lib.mjs';

const { values } = parseArgs({
  options: { connections: { type: 'string', default: '150' }, seconds: { type: 'string', default: '5' } },
});
const [connections, seconds] = [Number(values.connections), Number(values.seconds)];

/**
 * @typedef {{ token: string, update: (count: number) => string }} User
 *
 * @param {number} port
 * @param {string} query
 * @param {string} [token]
 */
async function ask(port, query, token) {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, body: await response.json() };
}

/**
 * @param {number} port
 * @param {string} name
 * @returns {Promise<User>}
 */
async function newUser(port, name) {
  const input = `{ email: "${name}@example.com", password: "correct horse battery staple" }`;
  const token = (await ask(port, `mutation { signUp(input: ${input}) { accessToken } }`)).body.data.signUp.accessToken;
  const { body } = await ask(port, 'mutation { createApiKey { apiKey { id } } }', token);
  const id = body.data.createApiKey.apiKey.id;
  return { token, update: (count) => `mutation { updateApiKey(id: "${id}", input: { name: "name ${count}" }) { apiKey { id } } }` };
}

/** @param {number[]} numbers @param {number} part */
const quantile = (numbers, part) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * part)] ?? Number.NaN;

/**
 * Prints the latency of one client that sends its requests one after another.
 *
 * @param {number} port
 * @param {User} user
 * @param {string} label
 */
async function watch(port, { token, update }, label) {
  for (const [name, query] of Object.entries({ me: () => '{ me { id } }', updateApiKey: update })) {
    /** @type {number[]} */
    const times = [];
    let failed = 0;
    for (const endsAt = performance.now() + seconds * 1_000; performance.now() < endsAt; ) {
      const startedAt = performance.now();
      if ((await ask(port, query(times.length), token)).status !== 200) failed += 1;
      times.push(performance.now() - startedAt);
      await sleep(20);
    }
    const figures = [0.5, 0.99].map((part) => `${quantile(times, part).toFixed(0)} ms`);
    console.log(`${label}: ${name} of another user: p50 ${figures[0]}, p99 ${figures[1]}, ${failed} of ${times.length} failed`);
  }
}

await withPostgres(async ({ newDatabase }) => {
  const { port } = await startKeyward(await newDatabase('few', 400));
  const [busy, other] = [await newUser(port, 'busy'), await newUser(port, 'other')];
  await watch(port, other, 'alone');
  let isOver = false;
  /** @type {Record<number, number>} */
  const statuses = {};
  const flood = Array.from({ length: connections }, async () => {
    for (let count = 0; !isOver; count += 1) {
      const { status } = await ask(port, busy.update(count), busy.token);
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status === 429) await sleep(1_000);
    }
  });
  await sleep(500);
  await watch(port, other, `with ${connections} connections`);
  isOver = true;
  await Promise.all(flood);
  console.log('responses to the changes, by status:', JSON.stringify(statuses));
});

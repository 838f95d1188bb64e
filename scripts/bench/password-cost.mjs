// npm run bench:password-cost: measures the time of signIn for an account with a hash of another cost than BCRYPT_COST, and for
// an unknown address. Prints medians of interleaved samples. Row A4 of docs/security.md: they differ by at most 10 %.
//   npm run bench:password-cost -- --samples 60
import { parseArgs } from 'node:util';
import { median, startKeyward, withPostgres } from './lib.mjs';

const { values } = parseArgs({ options: { samples: { type: 'string', default: '60' } } });
const SAMPLES = Number(values.samples);
const PASSWORD = 'correct horse battery staple rivers';

let networks = 0;
/** Returns an address of a network that the server has not seen before. */
function newAddress() {
  networks += 1;
  return `100.${64 + (networks >> 8)}.${networks % 256}.1`;
}

/**
 * @param {number} port
 * @param {'signUp' | 'signIn'} operation
 * @param {string | undefined} email
 * @param {string} password
 */
async function ask(port, operation, email, password) {
  const type = `${operation.charAt(0).toUpperCase()}${operation.slice(1)}Input`;
  const startedAt = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': newAddress() },
    body: JSON.stringify({
      query: `mutation ($input: ${type}!) { ${operation}(input: $input) { accessToken } }`,
      variables: { input: { email, password } },
    }),
  });
  await response.text();
  return performance.now() - startedAt;
}

await withPostgres(async ({ newDatabase }) => {
  for (const [before, after] of /** @type {const} */ ([
    ['10', '12'],
    ['12', '10'],
  ])) {
    const url = await newDatabase(`cost_${before}_${after}`, 1);
    const secrets = { APP_SECRETS: Buffer.alloc(32, 'a1b2c3').toString('base64'), TRUSTED_PROXIES: '127.0.0.1', SIGN_UPS_PER_HOUR: '0' };
    const first = await startKeyward(url, { ...secrets, BCRYPT_COST: before });
    const accounts = Array.from({ length: 20 }, (_, index) => `account${index}@example.com`);
    for (const email of accounts) await ask(first.port, 'signUp', email, PASSWORD);
    first.child.kill();
    const { port, child } = await startKeyward(url, { ...secrets, BCRYPT_COST: after });
    for (let warm = 0; warm < 3; warm += 1) await ask(port, 'signIn', 'nobody@example.com', 'wrong');
    /** @type {{ known: number[], unknown: number[] }} */
    const times = { known: [], unknown: [] };
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      times.known.push(await ask(port, 'signIn', accounts[sample % accounts.length], 'wrong'));
      times.unknown.push(await ask(port, 'signIn', `nobody${sample}@example.com`, 'wrong'));
    }
    child.kill();
    const [known, unknown] = [median(times.known), median(times.unknown)];
    const figures = `account ${known.toFixed(1)} ms, unknown address ${unknown.toFixed(1)} ms, ratio ${(known / unknown).toFixed(3)}`;
    console.log(`hashes of cost ${before}, BCRYPT_COST=${after}: ${figures}`);
  }
});

// npm run bench:policies: measures updatePolicy(dryRun: true) for a policy of 200,000 users with 1,000,000 keys, and createPolicy of
// `default` for as many users without a policy. Prints the time of each change, and how many keys the answer counts.
//   npm run bench:policies -- --users 200000 --keys-per-user 5
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { ask, createServiceToken } from '../lib/running-server.mjs';
import { median, startKeyward, withPostgres } from './lib.mjs';

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '200000' },
    'keys-per-user': { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    lists: { type: 'string', default: 'few,many' },
  },
});
const [users, keysPerUser, rounds] = [Number(values.users), Number(values['keys-per-user']), Number(values.rounds)];
const TARGET_MS = 5_000;

/** The lists of the n-th key. `few`: 20 combinations. `many`: every key has an address of its own. */
const LISTS = {
  few: "ARRAY['orders:read', 'area' || n % 20 || ':write'], '{}'::text[]",
  many: "ARRAY['orders:read', 'area' || n % 20 || ':write'], ARRAY[('10.0.0.0'::inet + n)::text]",
};

/** Creates users with a policy, and their keys in a random order, as they are created over time. @param {string} url @param {string} lists */
async function seed(url, lists) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("INSERT INTO policies (id, name, created_at) VALUES (gen_random_uuid(), 'plan', now())");
  await client.query(
    `INSERT INTO users (id, external_id, policy_id, policy_set_at, created_at)
     SELECT gen_random_uuid(), 'user-' || n, (SELECT id FROM policies), now(), now() - n * interval '1 second' FROM generate_series(1, $1::int) n`,
    [users],
  );
  await client.query(
    `INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, fingerprint, scopes, allowed_cidrs, created_at, expires_at)
     SELECT gen_random_uuid(), u.id, 'amos_' || n, $2, sha256(n::text::bytea), ${lists}, now() - (n % 86400) * interval '1 second',
       now() + (n % 365 + 1) * interval '1 day'
     FROM (SELECT n, row_number() OVER (ORDER BY random()) AS place FROM generate_series(0, $1::int - 1) n) k
     JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM users) u ON u.number = k.n / $3::int
     ORDER BY k.place`,
    [users * keysPerUser, '$2b$10$'.padEnd(60, 'x'), keysPerUser],
  );
  await client.query('VACUUM ANALYZE');
  return client;
}

/** @param {number} port @param {string} token @param {string} query */
async function timed(port, token, query) {
  const start = performance.now();
  const { result } = await ask(`http://127.0.0.1:${port}`, query, { token });
  return { ms: performance.now() - start, ...result };
}

/** @param {string} name @param {() => ReturnType<typeof timed>} send */
async function report(name, send) {
  /** @type {Awaited<ReturnType<typeof timed>>[]} */
  const answers = [];
  for (let round = 0; round < rounds; round += 1) answers.push(await send());
  const ms = median(answers.map((answer) => answer.ms));
  const [{ affectedKeys, affectedKeysIsComplete, sample } = { affectedKeys: 0, affectedKeysIsComplete: false, sample: [] }] = answers;
  const slowest = Math.max(...answers.map((answer) => answer.ms));
  const counted = `${affectedKeys} keys${affectedKeysIsComplete ? '' : ' at least'}, sample of ${sample.length}`;
  console.log(`${name.padEnd(48)} ${ms.toFixed(0).padStart(6)} ms  ${counted.padEnd(40)} ${slowest < TARGET_MS ? 'met' : 'MISSED'}`);
}

const CHANGES = {
  'shorter lifetime': '{ keyLifetimeDaysMax: 30 }',
  'fewer scopes': '{ scopes: ["orders:*"] }',
  'fewer addresses': '{ allowedCidrs: ["10.0.0.0/13"] }',
  'all of them': '{ scopes: ["orders:*"], allowedCidrs: ["10.0.0.0/13"], keyLifetimeDaysMax: 30 }',
};
const FIELDS = 'affectedKeys affectedKeysIsComplete sample { id }';

await withPostgres(async ({ newDatabase }) => {
  for (const [name, lists] of Object.entries(LISTS).filter(([each]) => values.lists.split(',').includes(each))) {
    const url = await newDatabase(`policies_${name}`, 0);
    const client = await seed(url, lists);
    const appSecret = randomBytes(32).toString('base64');
    const token = await createServiceToken({ DATABASE_URL: url, APP_SECRETS: appSecret }, 'policies:write,keys:read');
    const { port, child } = await startKeyward(url, { APP_SECRETS: appSecret });
    const { rows } = await client.query('SELECT id FROM policies');
    console.log(`\n${users} users, ${users * keysPerUser} keys, ${name} combinations of scopes and addresses`);
    for (const [change, input] of Object.entries(CHANGES)) {
      const query = `mutation { result: updatePolicy(id: "${rows[0].id}", input: ${input}, dryRun: true) { ${FIELDS} } }`;
      await report(`updatePolicy(dryRun), ${change}`, () => timed(port, token, query));
    }
    // A row in the log of changes for each user would take longer than the benchmark.
    await client.query('ALTER TABLE users DISABLE TRIGGER USER');
    await client.query('UPDATE users SET policy_id = NULL');
    await client.query('VACUUM ANALYZE');
    const input = '{ name: "default", scopes: ["orders:*"], keyLifetimeDaysMax: 30 }';
    const query = `mutation { result: createPolicy(input: ${input}, dryRun: true) { ${FIELDS} } }`;
    await report('createPolicy(dryRun) of default', () => timed(port, token, query));
    await client.end();
    child.kill();
  }
});

// The time to revoke a key with the trigger that reports changes to the caches, and without it.
import pg from 'pg';
import { ask } from '../../lib/running-server.mjs';
import { median, printRatio } from '../lib.mjs';
import { end, FEW_KEYS, startTarget } from './bench.mjs';

/** Keys that are revoked in each way. Fewer than the operations that one user may request at once. */
const REVOCATIONS = 300;

/** A revocation changes this table alone. */
const WITHOUT_TRIGGER = 'ALTER TABLE api_keys DISABLE TRIGGER api_keys_verification_update';

/** @param {() => Promise<unknown>} work */
async function millisecondsOf(work) {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/**
 * Prepares one database: half of its keys are revoked by SQL, and half by a user who owns them.
 *
 * @param {string} url
 * @param {boolean} hasTrigger
 */
async function prepareRevocations(url, hasTrigger) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // Otherwise an error that ends the benchmark is hidden by that of the connection, which PostgreSQL ends.
  client.on('error', () => undefined);
  if (!hasTrigger) await client.query(WITHOUT_TRIGGER);
  const server = await startTarget(url);
  const origin = `http://127.0.0.1:${server.port}`;
  const input = '{ email: "revoker@example.com", password: "correct horse battery staple" }';
  const { signUp } = await ask(origin, `mutation { signUp(input: ${input}) { accessToken } }`);
  const { rows } = await client.query('SELECT id FROM api_keys ORDER BY id');
  /** @type {string[]} */
  const ids = rows.map(({ id }) => id);
  const own = ids.slice(0, REVOCATIONS);
  const { me } = await ask(origin, '{ me { id } }', { token: signUp.accessToken });
  await client.query('UPDATE api_keys SET user_id = $1 WHERE id = ANY ($2)', [me.id, own]);
  return {
    sqlIds: ids.slice(REVOCATIONS),
    ownIds: own,
    /** @param {string} id */
    bySql: (id) => client.query({ name: 'revoke', text: 'UPDATE api_keys SET revoked_at = now() WHERE id = $1', values: [id] }),
    /** @param {string} id */
    byUser: (id) => ask(origin, `mutation { revokeApiKey(id: "${id}") { apiKey { id } } }`, { token: signUp.accessToken }),
    close: async () => {
      await client.end();
      await end(server);
    },
  };
}

/** @param {import('./bench.mjs').Bench} bench */
export async function measureRevocation({ newDatabase }) {
  const keyCount = Math.max(FEW_KEYS, 2 * REVOCATIONS);
  const sides = {
    'with the trigger': await prepareRevocations(await newDatabase('with_triggers', keyCount), true),
    'without the trigger': await prepareRevocations(await newDatabase('without_triggers', keyCount), false),
  };
  for (const way of /** @type {const} */ (['SQL', 'revokeApiKey'])) {
    /** @type {Record<string, number[]>} */
    const times = { 'with the trigger': [], 'without the trigger': [] };
    // In turn, so that other work on the machine affects both.
    for (let index = 0; index < REVOCATIONS; index += 1) {
      for (const [name, { sqlIds, ownIds, bySql, byUser }] of Object.entries(sides)) {
        const id = (way === 'SQL' ? sqlIds : ownIds)[index] ?? '';
        times[name]?.push(await millisecondsOf(() => (way === 'SQL' ? bySql(id) : byUser(id))));
      }
    }
    const [p50, p50Without] = Object.entries(times).map(([name, values]) => {
      const value = median(values);
      console.log(`p50 of revoking by ${way} ${name}`.padEnd(60), `${value.toFixed(2)} ms`);
      return value;
    });
    printRatio(`p50 of revoking by ${way} with / without the trigger`, p50 ?? Number.NaN, p50Without ?? Number.NaN);
  }
  for (const side of Object.values(sides)) await side.close();
}

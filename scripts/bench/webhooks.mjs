// npm run bench:webhooks: measures what webhooks cost. Prints medians and ratios.
//
//   verification  /verify beside an endpoint that never answers and has 1,000 pending deliveries, against a server without endpoints
//   mutations     createApiKey, updateApiKey and revokeApiKey with such an endpoint, against a server without endpoints
//   sending       50,000 pending deliveries to a receiver on loopback, which one process sends
//
//   npm run bench:webhooks -- --only sending --rounds 5 --seconds 5 --deliveries 50000
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { ask, createServiceToken } from '../lib/running-server.mjs';
import { answerOf, forked, measureThroughput, median, printRatio, startKeyward, withPostgres } from './lib.mjs';
import { end, FEW_KEYS } from './parts/bench.mjs';

const PARTS = ['verification', 'mutations', 'sending'];
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: PARTS.join() },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '50' },
    changes: { type: 'string', default: '200' },
    deliveries: { type: 'string', default: '50000' },
  },
});
const unknown = values.only.split(',').filter((name) => !PARTS.includes(name));
if (unknown.length > 0) throw new Error(`Unknown part: ${unknown.join(', ')}. The parts are ${PARTS.join(', ')}.`);

const PENDING = 1_000;
const TARGETS = { p99: 1.1, p50: 1.1, perSecond: 300 };
const WITHOUT = 'without an endpoint';
const WITH = 'with a silent endpoint';

/** Events of keys, each of a key of its own, as a change of that key writes it, and their deliveries to all endpoints. */
const SEED = `
  WITH event AS (
    INSERT INTO webhook_events (id, type, at, subject_id, data)
    SELECT gen_random_uuid(), 'api_key.updated', now(), gen_random_uuid(), jsonb_build_object('actor', 'user',
      'owner', jsonb_build_object('id', gen_random_uuid(), 'externalId', 'user-' || n),
      'apiKey', jsonb_build_object('id', gen_random_uuid(), 'keyPrefix', 'amos_' || lpad(to_hex(n), 8, '0'), 'name', 'build server',
        'scopes', jsonb_build_array('orders:read', 'orders:write'), 'allowedCidrs', '[]'::jsonb, 'metadata', '{}'::jsonb,
        'trustedMetadata', '{}'::jsonb, 'enabled', true, 'createdAt', now(), 'expiresAt', now() + interval '90 days'))
    FROM generate_series(1, $1::int) AS n
    RETURNING position, id, type, at, subject_id)
  INSERT INTO webhook_deliveries (endpoint_id, position, event_id, event_type, subject_id, created_at, next_attempt_at)
  SELECT p.id, e.position, e.id, e.type, e.subject_id, e.at, e.at FROM event AS e CROSS JOIN webhook_endpoints AS p`;

/**
 * Starts a server on a database of its own, and a service that may manage everything on it.
 *
 * @param {import('./lib.mjs').NewDatabase} newDatabase
 * @param {string} name
 * @param {string} [endpoint] URL of a webhook endpoint to create
 */
async function startSide(newDatabase, name, endpoint) {
  const url = await newDatabase(name, FEW_KEYS);
  const env = {
    APP_SECRETS: randomBytes(32).toString('base64'),
    WEBHOOK_PRIVATE_TARGETS: '127.0.0.0/8',
    MAX_KEYS_PER_USER: '100',
  };
  const permissions = 'users:act,keys:read,keys:write,users:write,webhooks:manage';
  const token = await createServiceToken({ DATABASE_URL: url, ...env }, permissions);
  const server = await startKeyward(url, env);
  const origin = `http://127.0.0.1:${server.port}`;
  if (endpoint) await ask(origin, `mutation { createWebhookEndpoint(input: { url: "${endpoint}" }) { endpoint { id } } }`, { token });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // Otherwise an error that ends the benchmark is hidden by that of the connection, which PostgreSQL ends.
  client.on('error', () => undefined);
  return { ...server, origin, token, client };
}

/** @typedef {Awaited<ReturnType<typeof startSide>>} Side */

/** @param {Side} side @returns {Promise<number>} the number of pending deliveries */
async function pendingOf({ client }) {
  const { rows } = await client.query("SELECT count(*)::int AS pending FROM webhook_deliveries WHERE status = 'PENDING'");
  return rows[0].pending;
}

/** @param {string} name @param {number} value @param {number} base @param {number} most */
function reportRatio(name, value, base, most) {
  printRatio(`${name} (at most ${most}: ${value / base <= most ? 'met' : 'MISSED'})`, value, base);
}

/** @param {Record<string, Side>} sides */
async function measureVerification(sides) {
  const loader = forked('load.mjs');
  const targets = Object.fromEntries(
    Object.entries(sides).map(([name, { port, child }]) => [name, { port, path: '/verify', keys: FEW_KEYS, pid: child.pid }]),
  );
  const options = { rounds: Number(values.rounds), seconds: Number(values.seconds), connections: Number(values.connections) };
  const of = await measureThroughput(loader, targets, options);
  console.log();
  reportRatio('p99 of /verify with / without', of(WITH, 'p99Ms'), of(WITHOUT, 'p99Ms'), TARGETS.p99);
  printRatio('throughput of /verify with / without', of(WITH, 'perSecond'), of(WITHOUT, 'perSecond'));
  loader.kill();
}

/** Creates, updates and revokes a key of a user of its own, and returns the time of each in milliseconds. @param {Side} side @param {number} index */
async function changeKey({ origin, token }, index) {
  const headers = { 'x-keyward-on-behalf-of': `bench-${index}` };
  /** @type {Record<string, number>} */
  const times = {};
  /** @param {string} name @param {string} field */
  const timed = async (name, field) => {
    const startedAt = performance.now();
    const data = await ask(origin, `mutation { result: ${field} { apiKey { id } } }`, { token, headers });
    times[name] = performance.now() - startedAt;
    return data.result.apiKey.id;
  };
  const id = await timed('createApiKey', 'createApiKey(input: { name: "build server" })');
  await timed('updateApiKey', `updateApiKey(id: "${id}", input: { name: "deployment" })`);
  await timed('revokeApiKey', `revokeApiKey(id: "${id}")`);
  return times;
}

/** @param {Record<string, Side>} sides */
async function measureMutations(sides) {
  /** @type {Record<string, Record<string, number>[]>} */
  const times = { [WITHOUT]: [], [WITH]: [] };
  // In turn, so that other work on the machine affects both. The first tenth warms up the compiler.
  const warmUp = Math.ceil(Number(values.changes) / 10);
  for (let index = -warmUp; index < Number(values.changes); index += 1) {
    const order = index % 2 === 0 ? Object.entries(sides) : Object.entries(sides).reverse();
    for (const [name, side] of order) {
      const measured = await changeKey(side, index + warmUp);
      if (index >= 0) times[name]?.push(measured);
    }
  }
  for (const mutation of ['createApiKey', 'updateApiKey', 'revokeApiKey']) {
    const [without, withOne] = [WITHOUT, WITH].map((name) => median((times[name] ?? []).map((each) => each[mutation] ?? Number.NaN)));
    console.log(`p50 of ${mutation}`.padEnd(30), `${without?.toFixed(2)} ms ${WITHOUT}, ${withOne?.toFixed(2)} ms ${WITH}`);
    reportRatio(`p50 of ${mutation} with / without`, withOne ?? Number.NaN, without ?? Number.NaN, TARGETS.p50);
  }
}

/** @param {import('./lib.mjs').NewDatabase} newDatabase @param {number} receiverPort @param {() => Promise<number>} receivedCount */
async function measureSending(newDatabase, receiverPort, receivedCount) {
  const side = await startSide(newDatabase, 'sending', `http://127.0.0.1:${receiverPort}/answer`);
  const deliveries = Number(values.deliveries);
  await side.client.query('BEGIN');
  await side.client.query(SEED, [deliveries]);
  await side.client.query('COMMIT');
  const startedAt = performance.now();
  while ((await pendingOf(side)) > 0) await sleep(100);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { rows } = await side.client.query(
    "SELECT count(*)::int AS count FROM webhook_deliveries WHERE status = 'DELIVERED' AND attempts = 1",
  );
  const perSecond = deliveries / seconds;
  console.log(`${deliveries} deliveries in ${seconds.toFixed(1)} s: ${perSecond.toFixed(0)} per second`);
  console.log(`at least ${TARGETS.perSecond} per second: ${perSecond >= TARGETS.perSecond ? 'met' : 'MISSED'}`);
  console.log(`delivered at the first attempt: ${rows[0].count}, received: ${await receivedCount()}`);
  await side.client.end();
  await end(side);
}

await withPostgres(async ({ newDatabase }) => {
  const receiver = forked('receiver.mjs');
  const receiverPort = await answerOf(receiver);
  const parts = values.only.split(',');
  if (parts.includes('sending')) {
    console.log('\nsending');
    await measureSending(newDatabase, receiverPort, () => answerOf(receiver, 'count'));
  }
  if (parts.every((name) => name === 'sending')) return;
  const sides = {
    [WITHOUT]: await startSide(newDatabase, 'without_endpoint'),
    [WITH]: await startSide(newDatabase, 'with_endpoint', `http://127.0.0.1:${receiverPort}/hang`),
  };
  await sides[WITH]?.client.query(SEED, [PENDING]);
  for (const [name, measurePart] of /** @type {const} */ ([
    ['verification', measureVerification],
    ['mutations', measureMutations],
  ])) {
    if (!parts.includes(name)) continue;
    console.log(`\n${name}`);
    await measurePart(sides);
    console.log(`pending deliveries: ${sides[WITH] ? await pendingOf(sides[WITH]) : 0}`);
  }
  for (const side of Object.values(sides)) {
    await side.client.end();
    await end(side);
  }
});

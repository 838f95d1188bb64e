// npm run bench:webhook-tables: measures how large webhook_events and webhook_deliveries become, and how long their removal takes.
// Writes events by the server's own statement, claims and settles their deliveries, and then runs the job that removes old rows.
//   npm run bench:webhook-tables -- --events 100000
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { withPostgres } from './lib.mjs';

const { readConfig } = await import('../../dist/config.js');
const { OPERATOR } = await import('../../dist/platform/actor.js');
const { createLogger } = await import('../../dist/platform/logger.js');
const { createServices } = await import('../../dist/services.js');
const { claimDeliveries, settleDeliveries } = await import('../../dist/webhooks/sending.queries.js');
const { insertEvents } = await import('../../dist/webhooks/webhook-events.queries.js');

const { values } = parseArgs({ options: { events: { type: 'string', default: '100000' } } });

/** Events of the life of one key. */
const LIFE = /** @type {const} */ ([
  { type: 'api_key.created', extra: { imported: false } },
  { type: 'api_key.first_used', extra: { usedAt: '2026-01-31T12:00:00.000Z' } },
  { type: 'api_key.updated', extra: { changed: ['name', 'scopes'] } },
  { type: 'api_key.expiring', extra: { effectiveExpiresAt: '2026-01-31T12:00:00.000Z', daysBefore: 7 } },
  { type: 'api_key.revoked', extra: {} },
]);
const AT_ONCE = 1_000;
const KEYS = Math.ceil(Number(values.events) / LIFE.length);
const DAY_MS = 86_400_000;

/** @typedef {{ userId: string, apiKeyId: string }} Subject */

/** Fills the columns of the keys that events contain, as the keys of a product have them. @param {pg.Client} client @returns {Promise<Subject[]>} */
async function fillKeys(client) {
  await client.query("UPDATE users SET external_id = 'user-' || left(id::text, 8), email = NULL, password_hash = NULL");
  await client.query(`UPDATE api_keys SET name = 'build server ' || left(id::text, 4), scopes = '{orders:read,invoices:read}',
    metadata = '{"team": "billing"}', trusted_metadata = '{"plan": "pro"}', expires_at = now() + interval '90 days'`);
  return (await client.query('SELECT user_id AS "userId", id AS "apiKeyId" FROM api_keys ORDER BY id')).rows;
}

/** Prints the bytes of each row of a table. @param {pg.Client} client @param {string} table */
async function printSize(client, table) {
  await client.query(`VACUUM ANALYZE ${table}`);
  const { rows } = await client.query(
    `SELECT (SELECT count(*)::int FROM ${table}) AS count, pg_total_relation_size($1) AS total, pg_indexes_size($1) AS indexes`,
    [table],
  );
  const { count, total, indexes } = rows[0];
  const perRow = (/** @type {string} */ bytes) => (count === 0 ? '' : ` (${Math.round(Number(bytes) / count)} bytes a row)`);
  const mebibytes = (/** @type {string} */ bytes) => `${(Number(bytes) / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    `${table.padEnd(20)} ${count} rows, ${mebibytes(total)}${perRow(total)}, of it indexes ${mebibytes(indexes)}${perRow(indexes)}`,
  );
}

/** @param {() => Promise<unknown>} work @returns {Promise<number>} its time in milliseconds */
async function timeOf(work) {
  const start = performance.now();
  await work();
  return Math.round(performance.now() - start);
}

/** @typedef {ReturnType<typeof createServices>} Services */

/** Writes the events with a delivery each, and sends them. @param {Services} services @param {pg.Client} client @param {readonly Subject[]} keys */
async function writeAndDeliver({ database, webhookPool, webhookEndpoints }, client, keys) {
  const { endpoint } = await webhookEndpoints.create({ url: 'https://hooks.example.com/keyward' }, OPERATOR);
  const at = new Date(Date.now() - 31 * DAY_MS);
  for (const event of LIFE) {
    for (let first = 0; first < keys.length; first += AT_ONCE) {
      const events = keys.slice(first, first + AT_ONCE).map((key) => ({ ...key, ...event }));
      await insertEvents(database, events, { actor: 'service:backend', at });
      const [now, until] = [new Date(), new Date(Date.now() + 60_000)];
      const after = { at: new Date(0), position: '0' };
      const { claimed } = await claimDeliveries(webhookPool, endpoint.id, { now, limit: AT_ONCE, until, after });
      if (claimed.length !== events.length) throw new Error(`${claimed.length} of ${events.length} deliveries were claimed`);
      const settled = /** @type {const} */ ({ status: 'DELIVERED', nextAttemptAt: null, statusCode: 204, error: null, cancelled: 0 });
      await settleDeliveries(
        webhookPool,
        claimed.map(({ id, lease }) => ({ id, lease, ...settled })),
      );
    }
    // As autovacuum does while the tables grow.
    await client.query('VACUUM webhook_deliveries');
  }
}

/** Writes and removes the rows, and prints what they take. @param {Services} services @param {pg.Client} client */
async function measure(services, client) {
  const keys = await fillKeys(client);
  const writing = await timeOf(() => writeAndDeliver(services, client, keys));
  console.log(`${keys.length * LIFE.length} events written, claimed and settled in ${writing} ms`);
  const { rows } = await client.query(
    'SELECT round(avg(length(data::text)))::int AS text, round(avg(pg_column_size(data)))::int AS stored FROM webhook_events',
  );
  console.log(`data of an event: ${rows[0].text} bytes as text, ${rows[0].stored} bytes stored`);
  for (const table of ['webhook_events', 'webhook_deliveries']) await printSize(client, table);
  console.log(`old rows removed in ${await timeOf(() => services.webhookJobs.prune())} ms`);
  for (const table of ['webhook_events', 'webhook_deliveries']) await printSize(client, table);
}

await withPostgres(async ({ newDatabase }) => {
  const databaseUrl = await newDatabase('webhook_tables', KEYS);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const services = createServices({
    config: readConfig({}),
    databaseUrl,
    appSecrets: [randomBytes(32)],
    logger: createLogger('warn'),
  });
  try {
    await measure(services, client);
  } finally {
    await services.close();
    await client.end();
  }
});

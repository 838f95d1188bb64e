// Invented data for the pictures of the console: one user with keys in every state, with 30 days of use and with events.
import { ask, createServiceToken } from './running-server.mjs';

/** The same user exists in the product of examples/own-users. */
export const EMAIL = 'ada@acme.test';
export const PASSWORD = 'correct horse battery staple';

const SIGN_UP = 'mutation ($input: SignUpInput!) { signUp(input: $input) { user { id } } }';
const UPSERT = 'mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { user { id } } }';

/**
 * @typedef {object} Key
 * @property {string} prefix
 * @property {string} name
 * @property {number} created days ago
 * @property {number | null} expires in days
 * @property {number} perHour allowed calls at the busiest hour
 * @property {number} [lastHours] hours since the last use
 * @property {string} [program]
 * @property {string} [address]
 * @property {string[]} [scopes]
 * @property {boolean} [isOff]
 * @property {number} [revoked] days ago
 * @property {string} [reason]
 */

/** Newest first. @type {Key[]} */
const KEYS = [
  {
    prefix: 'c0ffee11',
    name: 'ci',
    created: 0.9,
    expires: 90,
    perHour: 40,
    program: 'github-actions/2.3',
    address: '198.51.100.20',
    scopes: ['orders:read'],
  },
  {
    prefix: '5d1f09ab',
    name: 'nightly export',
    created: 21,
    expires: 69,
    perHour: 900,
    lastHours: 9,
    program: 'python-requests/2.32',
    address: '203.0.113.40',
    scopes: ['reports:read'],
  },
  {
    prefix: '21d3cfdd',
    name: 'build server',
    created: 84,
    expires: 6.4,
    perHour: 65,
    program: 'curl/8.5',
    address: '203.0.113.7',
    scopes: ['orders:read', 'orders:write'],
  },
  {
    prefix: '90ef12ab',
    name: 'ci',
    created: 91,
    expires: 0.97,
    perHour: 38,
    lastHours: 2,
    program: 'github-actions/2.3',
    address: '198.51.100.20',
    scopes: ['orders:read'],
  },
  {
    prefix: '3b8807e4',
    name: 'billing sync',
    created: 160,
    expires: null,
    perHour: 12,
    program: 'billing-sync/1.4',
    address: '203.0.113.12',
  },
  {
    prefix: '77aa01bc',
    name: 'old laptop',
    created: 300,
    expires: null,
    perHour: 0,
    lastHours: 41 * 24,
    isOff: true,
    program: 'PostmanRuntime/7.43',
    address: '192.0.2.30',
  },
  { prefix: 'e1c55d02', name: 'contractor', created: 200, expires: null, perHour: 0, revoked: 12, reason: 'project finished' },
];

// Office hours are busier than nights, weekdays than weekends, and no two hours are alike.
const USE = `
  INSERT INTO api_key_usage (key_id, hour, allowed, refused, refused_rate_limited, refused_insufficient_scope, last_at, last_ip, last_user_agent)
  SELECT $1::uuid, hour, allowed, limited + denied, limited, denied, least(hour + interval '57 minutes', now() - interval '3 minutes'), $4::text, $5::text
  FROM (
    SELECT hour,
      round($2::int * load * (0.6 + 0.8 * noise))::int AS allowed,
      CASE WHEN noise > 0.9 AND $2::int > 50 THEN round($2::int * 0.4)::int ELSE 0 END AS limited,
      CASE WHEN noise < 0.04 AND $2::int > 0 THEN round($2::int * 0.2)::int ELSE 0 END AS denied
    FROM (
      SELECT hour,
        (CASE WHEN extract(hour FROM hour) BETWEEN 8 AND 18 THEN 1 ELSE 0.25 END)
          * (CASE WHEN extract(isodow FROM hour) > 5 THEN 0.2 ELSE 1 END) AS load,
        ('x' || substr(md5($1::text || hour::text), 1, 4))::bit(16)::int / 65535.0 AS noise
      FROM generate_series(date_trunc('hour', now()) - make_interval(hours => $6::int), date_trunc('hour', now()) - make_interval(hours => $3::int), interval '1 hour') AS hour
    ) AS hours
  ) AS counts
  ON CONFLICT DO NOTHING`;

/** @param {import('pg').Client} client @param {string} userId @param {string} prefix */
async function seedKeys(client, userId, prefix) {
  const ids = new Map();
  for (const key of KEYS) {
    const { rows } = await client.query(
      `INSERT INTO api_keys (id, user_id, key_prefix, name, hashed_key, scopes, enabled, created_at, expires_at, revoked_at, revoked_reason)
       VALUES (gen_random_uuid(), $1, $2, $3, 'x', $4, $5, now() - $6::float * interval '1 day', now() + $7::float * interval '1 day',
               now() - $8::float * interval '1 day', $9) RETURNING id`,
      [
        userId,
        `amos_${prefix}${key.prefix.slice(prefix.length)}`,
        key.name,
        key.scopes ?? [],
        !key.isOff,
        key.created,
        key.expires,
        key.revoked ?? null,
        key.reason ?? null,
      ],
    );
    const { id } = rows[0];
    ids.set(key.prefix, id);
    const age = Math.floor(Math.min(key.created, 30) * 24);
    const last = key.lastHours ?? 0;
    if (key.program) await client.query(USE, [id, key.perHour, last, key.address, key.program, Math.max(age, last)]);
  }
  const [current, old] = [ids.get('c0ffee11'), ids.get('90ef12ab')];
  await client.query('UPDATE api_keys SET replaced_by_id = $1 WHERE id = $2', [current, old]);
  await client.query('UPDATE api_keys SET rotated_from_id = $2, lineage_id = $2 WHERE id = $1', [current, old]);
  return ids;
}

/** @param {import('pg').Client} client @param {string} userId @param {string} apiKeyId */
async function seedEvents(client, userId, apiKeyId) {
  const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';
  for (const [days, action, details] of /** @type {const} */ ([
    [84, 'API_KEY_CREATED', {}],
    [60, 'API_KEY_UPDATED', { changes: { scopes: [] } }],
    [20, 'API_KEY_UPDATED', { changes: { rateLimit: null, name: '' } }],
  ])) {
    await client.query(
      `INSERT INTO audit_events (id, user_id, at, action, api_key_id, ip_address, user_agent, details)
       VALUES (gen_random_uuid(), $1, now() - $2::int * interval '1 day', $3, $4, '203.0.113.80', $5, $6)`,
      [userId, days, action, apiKeyId, browser, JSON.stringify(details)],
    );
  }
}

/**
 * Fills the database of a server. The same keys belong to a user of the console and to a user of a product.
 *
 * @param {import('pg').Client} client
 * @param {string} url
 * @param {Record<string, string>} env
 */
export async function seed(client, url, env) {
  const serviceToken = await createServiceToken(env, 'users:act,users:write');
  const { signUp } = await ask(url, SIGN_UP, { variables: { input: { email: EMAIL, password: PASSWORD } } });
  const { upsertUser } = await ask(url, UPSERT, { token: serviceToken, variables: { input: { externalId: 'user-1' } } });
  for (const [userId, prefix] of [
    [signUp.user.id, ''],
    [upsertUser.user.id, 'f'],
  ]) {
    const ids = await seedKeys(client, userId, prefix);
    await seedEvents(client, userId, ids.get('21d3cfdd'));
  }
  return { serviceToken };
}

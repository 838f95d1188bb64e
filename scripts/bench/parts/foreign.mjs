// Verification of own keys with many keys of other systems in the table, against a table without them. It is measured with the cache,
// and without it, so that each verification reads its key.
import pg from 'pg';
import { measureThroughput, printRatio, startKeyward } from '../lib.mjs';
import { end, FEW_KEYS } from './bench.mjs';

/** Half of them were never used, so that they are found by their digest. */
const SEED = `
  WITH form AS (INSERT INTO import_forms (algorithm, part, created_at) VALUES ('sha256', 'after-last:_', now()) RETURNING id)
  INSERT INTO api_keys (id, user_id, key_prefix, display_prefix, hashed_key, fingerprint, import_digest, import_form_id, created_at)
  SELECT gen_random_uuid(), u.id, 'old_' || lpad(to_hex(n), 8, '0'), 'sk_live_', 'sha256:after-last:_$' || n,
         CASE WHEN n % 2 = 0 THEN sha256(('used ' || n)::bytea) END, sha256(('imported ' || n)::bytea), form.id, now()
  FROM form, generate_series(1, $1::int) AS n
  JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS nth, count(*) OVER () AS users FROM users) AS u ON u.nth = n % u.users`;

/** @param {string} url @param {number} count */
async function seedForeign(url, count) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(SEED, [count]);
  await client.query('VACUUM ANALYZE');
  await client.end();
}

/** @param {import('./bench.mjs').Bench} bench */
export async function measureForeign(bench) {
  const [without, withForeign] = [await bench.newDatabase('own_only', FEW_KEYS), await bench.newDatabase('with_foreign', FEW_KEYS)];
  console.error(`Creating ${bench.keys} keys of another system …`);
  await seedForeign(withForeign, bench.keys);
  const urls = { 'own keys only': without, 'and foreign keys': withForeign };
  for (const [kind, env] of /** @type {const} */ ([
    ['cached', {}],
    ['read', { VERIFICATION_CACHE_KEYS: '0' }],
  ])) {
    const servers = await Promise.all(Object.values(urls).map((url) => startKeyward(url, env)));
    const targets = Object.keys(urls).map((name, index) => {
      const server = servers[index];
      return [`${kind}, ${name}`, { port: server?.port ?? 0, path: '/verify', keys: FEW_KEYS, pid: server?.child.pid }];
    });
    const of = await measureThroughput(bench.loader, Object.fromEntries(targets), bench);
    const [own, foreign] = Object.keys(urls).map((name) => `${kind}, ${name}`);
    console.log();
    for (const figure of /** @type {const} */ (['perSecond', 'p99Ms', 'nodeUs', 'postgresUs'])) {
      printRatio(`${kind}: ${figure} with foreign keys / without`, of(foreign ?? '', figure), of(own ?? '', figure));
    }
    console.log();
    for (const server of servers) await end(server);
  }
}

// Verification of keys without a policy, with a policy, and with a rate limit of the owner, in turn in one run.
import pg from 'pg';
import { measureThroughput, printRatio } from '../lib.mjs';
import { end, FEW_KEYS, startTarget } from './bench.mjs';

const NO_LIMIT = 1_000_000;

/** Keys with the scopes and the expiry that the policy leaves to the others, so that all answers are equally long. */
const WITHOUT_POLICY = "UPDATE api_keys SET scopes = '{orders:read,invoices:read}', expires_at = created_at + interval '90 days'";

/** @param {import('./bench.mjs').Bench} bench */
async function newDatabaseWithoutPolicy(bench) {
  const url = await bench.newDatabase('without_policy', FEW_KEYS);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(WITHOUT_POLICY);
  await client.query('VACUUM ANALYZE');
  await client.end();
  return url;
}

/**
 * Creates a database in which all users have a policy.
 *
 * @param {import('./bench.mjs').Bench} bench
 * @param {string} name
 * @param {number | null} ownerRateLimit
 */
async function newDatabaseWithPolicy(bench, name, ownerRateLimit) {
  const url = await bench.newDatabase(name, FEW_KEYS);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("UPDATE api_keys SET scopes = '{orders:*,invoices:read}'");
  await client.query(
    `INSERT INTO policies (id, name, limits_scopes, scopes, key_lifetime_days_max, allowed_cidrs, owner_rate_limit, owner_rate_limit_window_seconds, created_at)
     VALUES (gen_random_uuid(), 'default', true, '{orders:read,invoices:*}', 90, '{127.0.0.0/8,::1}', $1::int, CASE WHEN $1::int IS NULL THEN NULL ELSE 1 END, now())`,
    [ownerRateLimit],
  );
  await client.query('VACUUM ANALYZE');
  await client.end();
  return url;
}

/** @param {import('./bench.mjs').Bench} bench */
export async function measurePolicies(bench) {
  const [none, before, policy, limited] = ['no policy', 'no policy, before', 'policy', 'policy with ownerRateLimit'];
  const url = await newDatabaseWithoutPolicy(bench);
  const servers = {
    [none]: await startTarget(url),
    ...(bench.before !== undefined && { [before]: await startTarget(url, bench.before) }),
    [policy]: await startTarget(await newDatabaseWithPolicy(bench, 'with_policy', null)),
    [limited]: await startTarget(await newDatabaseWithPolicy(bench, 'with_owner_rate_limit', NO_LIMIT)),
  };
  const targets = Object.fromEntries(Object.entries(servers).map(([name, { target }]) => [name, target]));
  const of = await measureThroughput(bench.loader, targets, bench);
  console.log();
  if (bench.before !== undefined) printRatio('throughput without a policy / before', of(none, 'perSecond'), of(before, 'perSecond'));
  const base = bench.before === undefined ? none : before;
  printRatio(`throughput with a policy / ${base}`, of(policy, 'perSecond'), of(base, 'perSecond'));
  printRatio(`throughput with ownerRateLimit / ${base}`, of(limited, 'perSecond'), of(base, 'perSecond'));
  for (const server of Object.values(servers)) await end(server);
}

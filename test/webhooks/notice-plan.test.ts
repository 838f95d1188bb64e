import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runSql } from '../support/database.js';
import { insertEndpoint } from '../support/notices.js';
import { queriesOf } from '../support/queries.js';
import { planOf } from '../support/query-plan.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
});
afterAll(() => app.close());

test('the search for notices reads ranges of indexes, and no statement of it reads all keys', async () => {
  await insertEndpoint(app, app.clock.now());
  await runSql(app.databaseUrl, `INSERT INTO users (id, external_id, created_at) VALUES (gen_random_uuid(), 'ada', now())`);
  await runSql(
    app.databaseUrl,
    `INSERT INTO api_keys (id, user_id, key_prefix, hashed_key, created_at, imported_at, expires_at)
     SELECT gen_random_uuid(), id, 'k' || n, '', now() - n * interval '1 hour', CASE WHEN n % 9 = 0 THEN now() END, now() + n * interval '1 hour'
     FROM users, generate_series(1, 5000) n`,
  );
  await runSql(app.databaseUrl, 'ANALYZE');
  const queries = await queriesOf(app, () => app.noticeJob.run());
  const searches = queries.filter((sql) => sql.includes('AS examined'));
  expect(searches).toHaveLength(1);
  const plan = await planOf(app.databaseUrl, searches[0]);
  for (const index of ['expires_at_id', 'created_at_id', 'imported_at_id']) {
    expect(plan).toMatch(new RegExp(`Index (Only )?Scan (Backward )?using api_keys_${index}_idx`));
  }
  expect(plan).not.toContain('Seq Scan on api_keys');
});

test('a search for notices takes four statements while nothing is due, and two without an endpoint', async () => {
  await runSql(app.databaseUrl, 'TRUNCATE users, webhook_endpoints, webhook_scans CASCADE');
  // One statement reads the noted first uses.
  expect(await queriesOf(app, () => app.noticeJob.run())).toHaveLength(2);
  await insertEndpoint(app, app.clock.now());
  expect(await queriesOf(app, () => app.noticeJob.run())).toHaveLength(4);
});

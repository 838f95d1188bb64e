import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RedeliverWebhooksDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf } from '../support/doors.js';
import { queriesOf } from '../support/queries.js';
import { planOf } from '../support/query-plan.js';
import { newService } from '../support/services.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { LOCAL_TARGETS, newEndpoint } from '../support/webhook-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ ...LOCAL_TARGETS, logQueries: true });
});
afterAll(() => app.close());

test('redeliverWebhooks finds a few events among many, and none of its statements reads more than 5,000 events', async () => {
  const backend = await newService(app, ['webhooks:manage']);
  const { id: endpointId } = await newEndpoint(app, backend, { url: 'http://127.0.0.1:4999/', eventTypes: ['api_key.created'] });
  const since = app.clock.now();
  const insert = `INSERT INTO webhook_events (id, type, at, subject_id, data)
    SELECT gen_random_uuid(), CASE WHEN n % 6000 = 0 THEN 'api_key.created' ELSE 'user.updated' END,
      $1::timestamptz + n * interval '1 second', $2, '{}' FROM generate_series(1, 12001) n`;
  await runSql(app.databaseUrl, insert, [new Date(since.getTime() - 3_600_000), endpointId]);
  await runSql(app.databaseUrl, 'ANALYZE');
  let queued = 0;
  const queries = await queriesOf(app, async () => {
    const variables = { endpointId, since: since.toISOString(), includeDelivered: false };
    queued = dataOf(await app.send(RedeliverWebhooksDocument, variables, { token: backend.token })).redeliverWebhooks.queued;
  });
  expect(queued).toBe(2);
  const reads = queries.filter((sql) => sql.includes('FROM webhook_events'));
  // The position from which the events are examined, and twice two parts: the first 55 minutes are not examined.
  expect(reads).toHaveLength(5);
  for (const sql of reads) {
    const plan = await planOf(app.databaseUrl, sql);
    // A filter below the limit would read as many events as it takes to find some.
    expect(plan).toMatch(
      /Limit .*\n\s+-> {2}Index Scan .*using webhook_events_\w+ on webhook_events.*\n\s+Index Cond: .*(?:\n(?!\s+Filter)|$)/,
    );
    expect(plan).not.toContain('Seq Scan on webhook_events');
  }
});

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runSql } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { newService } from '../support/services.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { LOCAL_TARGETS, newEndpoint } from '../support/webhook-app.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

/** Inserts events of different keys, with a delivery each. $1: endpoint, $2: number, $3: status, $4: time, $5: next attempt. */
const INSERT = `
  WITH event AS (
    INSERT INTO webhook_events (id, type, at, subject_id, data)
    SELECT gen_random_uuid(), 'api_key.revoked', $4::timestamptz, gen_random_uuid(), '{}' FROM generate_series(1, $2::int)
    RETURNING position, id, type, at, subject_id)
  INSERT INTO webhook_deliveries (endpoint_id, position, event_id, event_type, subject_id, created_at, status, next_attempt_at)
  SELECT $1::uuid, position, id, type, subject_id, at, $3, $5::timestamptz FROM event`;

let app: TestApp;
let receiver: WebhookReceiver;
beforeEach(async () => {
  app = await startTestApp(LOCAL_TARGETS);
  receiver = await new WebhookReceiver().start();
});
afterEach(async () => {
  await app.close();
  receiver.close();
});

test('a sudden backlog is sent, although the statistics of the tables show no pending delivery', async () => {
  const { id } = await newEndpoint(app, await newService(app, ['webhooks:manage']), { url: receiver.url });
  const now = app.clock.now();
  await runSql(app.databaseUrl, INSERT, [id, 20_000, 'DELIVERED', now, null]);
  await runSql(app.databaseUrl, 'ANALYZE webhook_events, webhook_deliveries');
  await runSql(app.databaseUrl, INSERT, [id, 10_000, 'PENDING', now, now]);
  // A statement that takes longer than five seconds is cancelled, and the promise is rejected.
  await app.webhookSender.poll();
  await eventually(() => expect(receiver.events.length).toBeGreaterThan(200), { withinMs: 20_000 });
});

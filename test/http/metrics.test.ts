import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DOORS, newKey } from '../helpers/doors.js';
import { startTestApp, type TestApp } from '../helpers/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

test('GET /metrics tells verifications by code, their time and batches, comparisons, event-loop delay and connections', async () => {
  const { key } = await newKey(app);
  for (const verify of Object.values(DOORS)) {
    await verify(app, { key });
    await verify(app, { key: 'none' });
  }
  const { body, headers } = await app.http.inject('/metrics');
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const line of [
    'keyward_verifications_total{code="VALID"} 2',
    'keyward_verifications_total{code="MALFORMED"} 2',
    'keyward_verification_seconds_count 4',
    'keyward_verification_batch_size_count 2',
    'keyward_verification_batch_size_sum 2',
    'keyward_verification_bcrypt_total 0',
    'keyward_database_connections{pool="verification",state="open"} 1',
    'keyward_database_connections{pool="verification",state="waiting"} 0',
    'keyward_database_connections{pool="main",state="waiting"} 0',
  ]) {
    expect(body.split('\n')).toContain(line);
  }
  expect(body).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m);
  expect(body).not.toContain(key.slice(0, 13));
});

test('GET /metrics tells every error that was answered by its code, what waits at bcrypt, and what usage waits to be written', async () => {
  const { key } = await newKey(app);
  await app.send('{ me { id } }');
  await app.send('{ nonsense }');
  await app.http.inject({ url: `/verify?scope=${'x'.repeat(65)}`, headers: { 'x-api-key': key } });
  const { body } = await app.http.inject('/metrics');
  for (const line of [
    'keyward_errors_total{code="UNAUTHENTICATED"} 1',
    'keyward_errors_total{code="GRAPHQL_VALIDATION_FAILED"} 1',
    'keyward_errors_total{code="BAD_USER_INPUT"} 1',
    'keyward_hashes{queue="password",state="running"} 0',
    'keyward_hashes{queue="key",state="waiting"} 0',
    'keyward_usage_write_failures_total 0',
    'keyward_usage_dropped_total 0',
  ]) {
    expect(body.split('\n')).toContain(line);
  }
  expect(body).toMatch(/^keyward_usage_rows_waiting \d+$/m);
});

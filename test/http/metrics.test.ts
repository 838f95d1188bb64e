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

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VerifyApiKeyDocument } from '../generated/graphql.js';
import { dropDatabase, runSql } from '../support/database.js';
import { DOORS, newKey } from '../support/doors.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.close());

const askGateway = (key: string) => app.http.inject({ url: '/verify', headers: { 'x-api-key': key } });

describe('verification during a database failure', () => {
  test('returns 503 with Retry-After in verifyApiKey and /verify, and still reports a malformed key', async () => {
    const { key } = await newKey(app);
    await dropDatabase(app.databaseUrl);
    const gateway = await askGateway(key);
    expect(gateway.statusCode).toBe(503);
    expect(Number(gateway.headers['retry-after'])).toBeGreaterThan(0);
    expect(gateway.json()).toEqual({
      type: 'about:blank',
      title: 'The server is busy or its database is unavailable. Try again later.',
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
    });
    const graphql = await app.send(VerifyApiKeyDocument, { input: { key } });
    expect([graphql.status, codesOf(graphql)]).toEqual([503, ['SERVICE_UNAVAILABLE']]);
    for (const verify of Object.values(DOORS)) expect((await verify(app, { key: key.slice(1) })).code).toBe('MALFORMED');
    expect(app.logs()).not.toContain(key.slice(14));
  });

  test('G8: returns 500 without details for an internal error', async () => {
    const { key } = await newKey(app);
    await runSql(app.databaseUrl, 'ALTER TABLE api_keys RENAME COLUMN scopes TO secret_plans');
    const gateway = await askGateway(key);
    expect(gateway.statusCode).toBe(500);
    expect(gateway.json()).toEqual({
      type: 'about:blank',
      title: 'The server failed to process the request. Report the request ID to its operator.',
      status: 500,
      code: 'INTERNAL_SERVER_ERROR',
    });
  });
});

describe('the verification pool', () => {
  test('F1: reconnects after its connections are terminated', async () => {
    const { key } = await newKey(app);
    expect((await askGateway(key)).statusCode).toBe(200);
    await runSql(
      app.databaseUrl,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    const statuses = [];
    for (let tries = 0; tries < 5; tries += 1) statuses.push((await askGateway(key)).statusCode);
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
    expect((await askGateway(key)).statusCode).toBe(200);
  });
});

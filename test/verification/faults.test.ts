import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VerifyApiKeyDocument } from '../generated/graphql.js';
import { connectionsOf, dropDatabase, runSql, terminateConnections } from '../support/database.js';
import { DOORS, newKey } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
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

describe.each(['changes', 'rows'])('the verification connection for %s', (lane) => {
  test('F1: is opened again after it was terminated', async () => {
    const { key } = await newKey(app);
    expect((await askGateway(key)).statusCode).toBe(200);
    const terminated = await terminateConnections(app.databaseUrl, `keyward verification ${lane}`);
    expect(terminated.length).toBeGreaterThan(0);
    const statuses = new Set<number>();
    await eventually(
      async () => {
        const { statusCode } = await askGateway(key);
        statuses.add(statusCode);
        expect(statusCode).toBe(200);
      },
      { withinMs: 2_000 },
    );
    // 503 only if a request used a connection before the pool noticed its end.
    expect([...statuses].filter((status) => status !== 503)).toEqual([200]);
    const connected = await connectionsOf(app.databaseUrl, `keyward verification ${lane}`);
    expect(connected.length).toBeGreaterThan(0);
    expect(connected.filter((pid) => terminated.includes(pid))).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CreateApiKeyDocument, MeDocument, MyApiKeysDocument, SignUpDocument } from '../../generated/graphql.js';
import { connectionsOf, dropDatabase, runSql, terminateConnections } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { type Answer, codesOf, PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

const TECHNICAL = /prisma|postgres|select|insert|relation|constraint|column "|P\d{4}|\.[jt]s\b|node_modules|ECONN|\n\s+at /i;

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.close());

function expectMasked(answer: Answer<unknown>, status: number, code: string) {
  expect(answer.status).toBe(status);
  expect(codesOf(answer)).toEqual([code]);
  expect(answer.errors[0]?.extensions.requestId).toBe(answer.headers['x-request-id']);
  expect(answer.text).not.toMatch(TECHNICAL);
}

describe('G8: a response never contains a message of the database', () => {
  test('an internal error returns INTERNAL_SERVER_ERROR with a fixed message, and its details are logged', async () => {
    const { accessToken } = await app.newUser();
    await runSql(app.databaseUrl, 'ALTER TABLE api_keys RENAME COLUMN name TO title');
    const answer = await app.send(MyApiKeysDocument, {}, { token: accessToken });
    expectMasked(answer, 500, 'INTERNAL_SERVER_ERROR');
    expect(answer.errors[0]?.message).toBe('The server failed to process the request. Report the request ID to its operator.');
    const event =
      app
        .logs()
        .split('\n')
        .find((line) => line.includes('"request failed"')) ?? '{}';
    expect(JSON.parse(event)).toMatchObject({ requestId: answer.headers['x-request-id'], err: { code: expect.any(String) } });
  });

  test('an unexpected constraint violation returns INTERNAL_SERVER_ERROR, and the value is not logged', async () => {
    const { accessToken } = await app.newUser();
    await runSql(app.databaseUrl, "ALTER TABLE api_keys ADD CONSTRAINT secret_rule CHECK (name <> 'kanarie')");
    const answer = await app.send(CreateApiKeyDocument, { input: { name: 'kanarie' } }, { token: accessToken });
    expectMasked(answer, 500, 'INTERNAL_SERVER_ERROR');
    expect(app.logs()).not.toContain('kanarie');
  });

  test('an unavailable database returns SERVICE_UNAVAILABLE, 503 and Retry-After, while /readyz fails and /healthz succeeds', async () => {
    const { accessToken } = await app.newUser();
    await dropDatabase(app.databaseUrl);
    const answers = [
      await app.send(MeDocument, {}, { token: accessToken }),
      await app.send(SignUpDocument, { input: { email: 'new@example.com', password: PASSWORD } }),
    ];
    for (const answer of answers) {
      expectMasked(answer, 503, 'SERVICE_UNAVAILABLE');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect((await app.http.inject('/readyz')).statusCode).toBe(503);
    expect((await app.http.inject('/healthz')).statusCode).toBe(200);
    expect(app.logs()).not.toMatch(/new@example|postgresql:\/\//);
  });

  test('F1: the server reconnects after its connections are terminated', async () => {
    const { accessToken, user } = await app.newUser();
    const terminated = await terminateConnections(app.databaseUrl, 'keyward');
    expect(terminated.length).toBeGreaterThan(0);
    const codes = new Set<string>();
    await eventually(
      async () => {
        const answer = await app.send(MeDocument, {}, { token: accessToken });
        for (const code of codesOf(answer)) codes.add(code);
        expect(answer.data?.me?.id).toBe(user.id);
      },
      { withinMs: 2_000 },
    );
    // An error only if a request used a connection before the pool noticed its end.
    expect([...codes].filter((code) => code !== 'SERVICE_UNAVAILABLE')).toEqual([]);
    const connected = await connectionsOf(app.databaseUrl, 'keyward');
    expect(connected.length).toBeGreaterThan(0);
    expect(connected.filter((pid) => terminated.includes(pid))).toEqual([]);
  });
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SignUpDocument } from '../../generated/graphql.js';
import { runSql } from '../../support/database.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ env: { SIGN_UP: 'closed' } });
});
afterAll(() => app.close());

test('SIGN_UP=closed makes signUp FORBIDDEN for every input, and no user is created', async () => {
  for (const input of [
    { email: 'ada@example.com', password: PASSWORD },
    { email: 'nonsense', password: 'x' },
  ]) {
    const answer = await app.send(SignUpDocument, { input });
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    expect(answer.status).toBe(200);
  }
  expect(await runSql(app.databaseUrl, 'SELECT FROM users')).toEqual([]);
});

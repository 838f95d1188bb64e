import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FirstRequests } from '../../../src/platform/graphql/first-requests.js';
import { codesOf, startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

test('a thousand clients of one network that start with one document at once are all served', async () => {
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => app.send('query StartOfManyClients { me { id } }')));
  // The requests have no token, so the document is accepted, and the operation is rejected.
  expect(new Set(answers.map((answer) => `${answer.status} ${codesOf(answer)}`))).toEqual(new Set(['401 UNAUTHENTICATED']));
});

test('requests with one invalid document are each answered', async () => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => app.send('{ thisFieldDoesNotExist }', {}, { ipAddress: '198.51.100.7' })),
  );
  const codes = new Set(answers.flatMap(codesOf));
  codes.delete('RATE_LIMITED');
  expect(codes).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']));
});

test('FirstRequests lets at most 2,000 requests wait', async () => {
  const firsts = new FirstRequests();
  const settle = firsts.begin('a');
  const joined = Array.from({ length: 2_001 }, () => firsts.join('a'));
  expect(joined.filter((promise) => promise === undefined)).toHaveLength(1);
  expect(firsts.join('b')).toBeUndefined();
  settle();
  await Promise.all(joined);
  expect(firsts.join('a')).toBeUndefined();
});

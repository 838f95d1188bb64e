import { availableParallelism } from 'node:os';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SignInDocument } from '../generated/graphql.js';
import { DOORS, newKey } from '../support/doors.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../support/test-app.js';

const SIGN_INS = 100;

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.close());

test('F7: 100 concurrent sign-ins run at most cores − 1 hashes at a time, the others wait or get 503, and keys are verified meanwhile', async () => {
  const { key } = await newKey(app);
  await app.newUser('flood@example.com');
  let waiting = SIGN_INS;
  const signIns = Array.from({ length: SIGN_INS }, () =>
    app.send(SignInDocument, { input: { email: 'flood@example.com', password: PASSWORD } }).finally(() => {
      waiting -= 1;
    }),
  );

  const verify = Object.values(DOORS);
  let verified = 0;
  while (waiting > 0) {
    for (const door of verify) expect((await door(app, { key })).code).toBe('VALID');
    if (waiting > 0) verified += verify.length;
  }
  const answers = await Promise.all(signIns);
  const served = answers.filter(({ status, data }) => status === 200 && data?.signIn.accessToken !== undefined);
  const refused = answers.filter((answer) => answer.status === 503 && codesOf(answer)[0] === 'SERVICE_UNAVAILABLE');
  expect(served.length + refused.length).toBe(SIGN_INS);
  expect(refused.filter(({ headers }) => !(Number(headers['retry-after']) > 0))).toEqual([]);
  expect(served.length).toBeGreaterThan(10);
  expect(app.hashes.concurrentMax).toBe(Math.max(1, Math.min(2, availableParallelism() - 1)));
  // Many verifications for each sign-in: they did not wait for the hashes.
  expect(verified).toBeGreaterThan(served.length * 2);
});

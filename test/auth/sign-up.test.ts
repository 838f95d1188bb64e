import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MeDocument, SignUpDocument } from '../generated/graphql.js';
import { runSql } from '../helpers/database.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../helpers/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const signUp = (email: string, password = PASSWORD) => app.send(SignUpDocument, { input: { email, password } });

describe('signUp', () => {
  test('makes an account, keeps the address in canonical form, and signs in', async () => {
    const { data, headers } = await signUp('  Ada.Lovelace@Example.COM ');
    expect(data?.signUp).toEqual({
      accessToken: expect.stringMatching(/^eyJ/),
      expiresAt: new Date(app.clock.now().getTime() + 900_000).toISOString(),
      refreshToken: expect.any(String),
      user: { id: expect.any(String), email: 'ada.lovelace@example.com', createdAt: app.clock.now().toISOString() },
    });
    expect(headers['cache-control']).toBe('no-store');
    expect(await app.ask(MeDocument, {}, data?.signUp.accessToken)).toEqual({ me: data?.signUp.user });
  });

  test('A5: of 50 at once for one address, in any case and with spaces, one gets it and the rest are told EMAIL_TAKEN', async () => {
    const spellings = ['race@example.com', 'RACE@example.com', ' race@EXAMPLE.com', 'Race@Example.Com '];
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => signUp(spellings[index % 4] ?? '')));
    expect(answers.filter(({ data }) => data?.signUp)).toHaveLength(1);
    expect(answers.flatMap(codesOf)).toEqual(Array(49).fill('EMAIL_TAKEN'));
    expect(answers.map(({ text }) => text).join()).not.toMatch(/P2002|users_email|constraint/i);
    expect(await runSql(app.databaseUrl, "SELECT id FROM users WHERE email = 'race@example.com'")).toHaveLength(1);
  });

  test('A5: over several processes the unique index has the last word', async () => {
    const replicas = await Promise.all([1, 2, 3].map(() => startTestApp({ databaseUrl: app.databaseUrl })));
    const answers = await Promise.all(
      replicas.map((replica) => replica.send(SignUpDocument, { input: { email: 'replicas@example.com', password: PASSWORD } })),
    );
    expect(answers.flatMap(codesOf)).toEqual(['EMAIL_TAKEN', 'EMAIL_TAKEN']);
    expect(answers.map(({ text }) => text).join()).not.toMatch(/P2002|users_email|constraint/i);
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  test.each([
    ['no @', 'nobody'],
    ['two @', 'a@b@example.com'],
    ['a space inside', 'no body@example.com'],
    ['nothing before the @', '@example.com'],
    ['a dot too many', 'a@example..com'],
    ['255 bytes', `${'a'.repeat(243)}@example.com`],
    ['a NUL', 'a\u0000@example.com'],
    ['a zero-width control', 'a\u0085b@example.com'],
  ])('G9: refuses an address with %s', async (_case, email) => {
    const answer = await signUp(email);
    expect(answer.errors[0]?.extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.email', message: expect.any(String) }],
    });
  });

  test('tells every fault at once, and no value', async () => {
    const answer = await signUp('nobody', 'hunter2');
    expect(answer.errors[0]?.extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [
        { path: 'input.email', message: 'must be an email address' },
        { path: 'input.password', message: 'must be at least 15 characters long' },
      ],
    });
    expect(answer.text).not.toMatch(/hunter2|nobody/);
  });
});

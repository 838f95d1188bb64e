import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { MeDocument, SignInDocument, SignUpDocument } from '../generated/graphql.js';
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

  test('A5: the address is one whatever case undoes: the small letter of one composes with its mark, the capital doesn’t', async () => {
    const answers = [await signUp('H\u0331@example.com'), await signUp('h\u0331@example.com'), await signUp('\u1e96@example.com')];
    expect(answers.flatMap(codesOf)).toEqual(['EMAIL_TAKEN', 'EMAIL_TAKEN']);
  });

  test('makes user and session together or neither: what was refused can be tried again', async () => {
    const holder = new pg.Client({ connectionString: app.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE');
    expect(codesOf(await signUp('together@example.com'))).toEqual(['SERVICE_UNAVAILABLE']);
    await holder.end();
    expect(codesOf(await signUp('together@example.com'))).toEqual([]);
  });

  test('one network that floods it waits in a line of its own: who comes from another signs in meanwhile', async () => {
    const { user } = await app.newUser();
    const flood = Array.from({ length: 90 }, (_, index) =>
      app.send(SignUpDocument, { input: { email: `flood-${index}@example.com`, password: PASSWORD } }, { ipAddress: '198.51.100.66' }),
    );
    const input = { email: user.email, password: PASSWORD };
    const answer = await Promise.race([
      app.send(SignInDocument, { input }, { ipAddress: '192.0.2.1' }),
      Promise.all(flood).then(() => null),
    ]);
    expect(answer?.data?.signIn.user).toEqual(user);
    await Promise.all(flood);
  });

  test('what is far too long isn’t even normalized, which takes time by the square', async () => {
    const long = `a${'\u0345'.repeat(12_000)}${'\u0334'.repeat(12_000)}`;
    const normalize = jest.spyOn(String.prototype, 'normalize');
    const answers = [
      await signUp(long),
      await signUp('a@example.com', long),
      await app.send(SignInDocument, { input: { email: long, password: long } }),
    ];
    const longest = Math.max(...normalize.mock.contexts.map((text) => String(text).length));
    normalize.mockRestore();
    expect(answers.flatMap(codesOf)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'INVALID_CREDENTIALS']);
    expect(longest).toBeLessThan(1_001);
  });

  test.each([
    ['no @', 'nobody'],
    ['two @', 'a@b@example.com'],
    ['a space inside', 'no body@example.com'],
    ['nothing before the @', '@example.com'],
    ['a dot too many', 'a@example..com'],
    ['255 bytes', `${'a'.repeat(243)}@example.com`],
    ['far too many bytes', 'a'.repeat(50_000)],
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

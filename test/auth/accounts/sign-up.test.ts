import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { readConfig } from '../../../src/config.js';
import { MeDocument, SignInDocument, SignUpDocument } from '../../generated/graphql.js';
import { runSql } from '../../support/database.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const signUp = (email: string, password = PASSWORD) => app.send(SignUpDocument, { input: { email, password } });

describe('signUp', () => {
  test('creates an account, stores the email address in canonical form, and opens a session', async () => {
    const { data, headers } = await signUp('  Ada.Lovelace@Example.COM ');
    expect(data?.signUp).toEqual({
      accessToken: expect.stringMatching(/^eyJ/),
      expiresAt: new Date(app.clock.now().getTime() + 900_000).toISOString(),
      refreshToken: expect.any(String),
      user: { id: expect.any(String), email: 'ada.lovelace@example.com', createdAt: app.clock.now().toISOString() },
    });
    expect(headers['cache-control']).toBe('no-store');
    expect(await app.ask(MeDocument, {}, data?.signUp.accessToken)).toMatchObject({ me: data?.signUp.user ?? {} });
  });

  test('A5: lets one of 50 concurrent sign-ups for one address succeed, in any case and with spaces, and returns EMAIL_TAKEN to the rest', async () => {
    const spellings = ['race@example.com', 'RACE@example.com', ' race@EXAMPLE.com', 'Race@Example.Com '];
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => signUp(spellings[index % 4] ?? '')));
    expect(answers.filter(({ data }) => data?.signUp)).toHaveLength(1);
    expect(answers.flatMap(codesOf)).toEqual(Array(49).fill('EMAIL_TAKEN'));
    expect(answers.map(({ text }) => text).join()).not.toMatch(/P2002|users_email|constraint/i);
    expect(await runSql(app.databaseUrl, "SELECT id FROM users WHERE email = 'race@example.com'")).toHaveLength(1);
  });

  test('A5: creates one user for an address over several processes, by the unique index', async () => {
    const replicas = await Promise.all([1, 2, 3].map(() => startTestApp({ databaseUrl: app.databaseUrl })));
    const answers = await Promise.all(
      replicas.map((replica) => replica.send(SignUpDocument, { input: { email: 'replicas@example.com', password: PASSWORD } })),
    );
    expect(answers.flatMap(codesOf)).toEqual(['EMAIL_TAKEN', 'EMAIL_TAKEN']);
    expect(answers.map(({ text }) => text).join()).not.toMatch(/P2002|users_email|constraint/i);
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  test('A5: treats H and h with a combining mark as one address, though only the lower-case form composes', async () => {
    const answers = [await signUp('H\u0331@example.com'), await signUp('h\u0331@example.com'), await signUp('\u1e96@example.com')];
    expect(answers.flatMap(codesOf)).toEqual(['EMAIL_TAKEN', 'EMAIL_TAKEN']);
  });

  test('creates user and session in one transaction, so that a failed sign-up can be repeated', async () => {
    const holder = new pg.Client({ connectionString: app.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE');
    expect(codesOf(await signUp('together@example.com'))).toEqual(['SERVICE_UNAVAILABLE']);
    await holder.end();
    expect(codesOf(await signUp('together@example.com'))).toEqual([]);
  });

  test('queues a flood from one network separately: a sign-in from another network completes before it', async () => {
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

  test('does not normalize a value far above the limit, because normalization takes quadratic time', async () => {
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

  test.each(['анна@example.com', 'josé.garcía@example.com', "o'neil+news@example.com", 'a_b-c@bücher.example', '用户@例子.example'])(
    'accepts an email address of any script: %s',
    async (email) => {
      expect((await signUp(email)).data?.signUp.user.email).toBe(email);
    },
  );

  test.each([
    ['no @ sign', 'nobody'],
    ['two @ signs', 'a@b@example.com'],
    ['a space inside', 'no body@example.com'],
    ['nothing before the @', '@example.com'],
    ['two dots in a row', 'a@example..com'],
    ['255 bytes', `${'a'.repeat(243)}@example.com`],
    ['50,000 bytes', 'a'.repeat(50_000)],
    ['a NUL', 'a\u0000@example.com'],
    ['a zero-width control', 'a\u0085b@example.com'],
    ['a zero-width space', 'a\u200b@example.com'],
    ['a zero-width joiner in the domain', 'a@exam\u200dple.com'],
    ['a soft hyphen', 'a\u00adb@example.com'],
    ['a right-to-left override', 'a\u202eb@example.com'],
    ['an isolate', 'a\u2066b@example.com'],
    ['an invisible filler', 'a\u3164@example.com'],
    ['a tag character', 'a\u{e0061}@example.com'],
    ['angle brackets', '<a@example.com>'],
    ['a quote', '"a"@example.com'],
    ['a comma', 'a,b@example.com'],
    ['a backslash', 'a\\\\b@example.com'],
    ['an emoji', '🐴@example.com'],
  ])('G9: rejects an email address with %s', async (_case, email) => {
    const answer = await signUp(email);
    expect(answer.errors[0]?.extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.email', message: expect.any(String) }],
    });
  });

  test('reports all invalid fields at once, without their values', async () => {
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

describe('A12: SIGN_UPS_PER_HOUR', () => {
  let limited: TestApp;
  beforeAll(async () => {
    limited = await startTestApp({ env: { SIGN_UPS_PER_HOUR: '3' } });
  });
  afterAll(() => limited.close());

  const from = (ipAddress: string, email = `${randomUUID()}@example.com`, password = PASSWORD) =>
    limited.send(SignUpDocument, { input: { email, password } }, { ipAddress });
  const codesFrom = async (...addresses: string[]) => {
    const codes = [];
    for (const address of addresses) codes.push(codesOf(await from(address))[0] ?? 'ok');
    return codes;
  };

  test('limits the sign-ups from one network in an hour, and returns 429 with Retry-After beyond that', async () => {
    expect(await codesFrom(...Array(4).fill('192.0.2.1'))).toEqual(['ok', 'ok', 'ok', 'RATE_LIMITED']);
    const rejected = await from('::ffff:192.0.2.1');
    expect({ status: rejected.status, retryAfter: rejected.headers['retry-after'] }).toEqual({ status: 429, retryAfter: '3600' });
    expect(await codesFrom('192.0.2.2')).toEqual(['ok']);
    limited.clock.advanceSeconds(3_600);
    expect(await codesFrom('192.0.2.1')).toEqual(['ok']);
  });

  test('counts sign-ups for a taken address, so that addresses cannot be tested without limit', async () => {
    await from('198.51.100.1', 'taken@example.com');
    const probes = [];
    for (let probe = 0; probe < 5; probe += 1) probes.push(...codesOf(await from('198.51.100.2', 'taken@example.com')));
    expect(probes).toEqual(['EMAIL_TAKEN', 'EMAIL_TAKEN', 'EMAIL_TAKEN', 'RATE_LIMITED', 'RATE_LIMITED']);
    expect(codesOf(await from('198.51.100.2', 'free@example.com'))).toEqual(['RATE_LIMITED']);
  });

  test('does not count a sign-up that breaks a rule', async () => {
    for (let time = 0; time < 5; time += 1)
      expect(codesOf(await from('198.51.100.3', 'a@example.com', 'short'))).toEqual(['BAD_USER_INPUT']);
    expect(await codesFrom('198.51.100.3')).toEqual(['ok']);
  });

  test('counts an IPv6 /64 as one network, and allows a /48 five times the limit', async () => {
    expect(await codesFrom('2001:db8:1::1', '2001:db8:1::2', '2001:db8:1::3', '2001:db8:1::4')).toEqual(['ok', 'ok', 'ok', 'RATE_LIMITED']);
    const rest = await codesFrom(...Array.from({ length: 13 }, (_, index) => `2001:db8:1:${(index + 1).toString(16)}::1`));
    expect(rest).toEqual([...Array(12).fill('ok'), 'RATE_LIMITED']);
    expect(await codesFrom('2001:db8:2::1')).toEqual(['ok']);
  });

  test('is 20 by default, and 0 disables the limit', () => {
    expect(readConfig({}).signUpsPerHour).toBe(20);
    expect(readConfig({ SIGN_UPS_PER_HOUR: '0' }).signUpsPerHour).toBe(0);
  });
});

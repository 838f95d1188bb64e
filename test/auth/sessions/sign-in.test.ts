import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { ChangePasswordDocument, RefreshSessionDocument, SignInDocument, SignUpDocument } from '../../generated/graphql.js';
import { newDatabase, runSql } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { queriesOf } from '../../support/queries.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

const WRONG = 'not the right password';

let app: TestApp;
let databaseUrl: string;
beforeAll(async () => {
  databaseUrl = await newDatabase();
});
// Each test starts its own server, because the limits are counted per process.
beforeEach(async () => {
  app = await startTestApp({ databaseUrl, logQueries: true });
});
afterEach(() => app.close());

const signIn = (email: string, password: string, ipAddress = '192.0.2.1') =>
  app.send(SignInDocument, { input: { email, password } }, { ipAddress });

async function repeat<T>(times: number, action: (index: number) => Promise<T>): Promise<T[]> {
  const results = [];
  for (let index = 0; index < times; index += 1) results.push(await action(index));
  return results;
}

describe('signIn', () => {
  test('opens a session for any spelling of the email address', async () => {
    const { user } = await app.newUser('sign-in@example.com');
    const { data } = await signIn(' Sign-In@Example.com ', PASSWORD);
    expect(data?.signIn.user).toEqual(user);
  });

  test('A4: returns byte-identical responses for an unknown address, a wrong password and a disabled user', async () => {
    await app.newUser('known@example.com');
    await app.newUser('disabled@example.com');
    await runSql(databaseUrl, "UPDATE users SET disabled_at = now() WHERE email = 'disabled@example.com'");
    const answers = [
      await signIn('unknown@example.com', PASSWORD),
      await signIn('known@example.com', WRONG),
      await signIn('disabled@example.com', PASSWORD),
      await signIn('known@example.com', 'x'.repeat(80)),
      await signIn('not an address', PASSWORD),
      await signIn('a\u0000b@example.com', PASSWORD),
      await signIn('a'.repeat(50_000), PASSWORD),
    ];
    expect(codesOf(answers[0] as never)).toEqual(['INVALID_CREDENTIALS']);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test('A4: takes the work of the new cost for a hash that is older than a raise of BCRYPT_COST', async () => {
    await app.newUser('older@example.com');
    const costlier = await startTestApp({ databaseUrl, env: { BCRYPT_COST: '12' } });
    const workOf = async (email: string) => {
      const compare = jest.spyOn(bcrypt, 'compare');
      await costlier.send(SignInDocument, { input: { email, password: WRONG } });
      const work = compare.mock.calls.reduce((sum, [, hash]) => sum + 2 ** bcrypt.getRounds(String(hash)), 0);
      compare.mockRestore();
      return work;
    };
    expect([await workOf('older@example.com'), await workOf('unknown@example.com')]).toEqual([2 ** 12, 2 ** 12]);
    await costlier.close();
    // After BCRYPT_COST is lowered, every comparison takes the work of the highest stored cost.
    await runSql(
      databaseUrl,
      "UPDATE users SET password_hash = '$2b$11$' || substring(password_hash, 8) WHERE email = 'older@example.com'",
    );
    const cheaper = await startTestApp({ databaseUrl });
    const compare = jest.spyOn(bcrypt, 'compare');
    await cheaper.send(SignInDocument, { input: { email: 'unknown@example.com', password: WRONG } });
    expect(compare.mock.calls.map(([, hash]) => bcrypt.getRounds(String(hash)))).toEqual([11]);
    compare.mockRestore();
    await cheaper.close();
  });

  test('A4: computes exactly one hash for each kind of failure', async () => {
    await app.newUser('one-hash@example.com');
    const hashesOf = (email: string, password: string) => app.hashes.requestedBy(() => signIn(email, password));
    expect([
      await hashesOf('nobody@example.com', WRONG),
      await hashesOf('one-hash@example.com', WRONG),
      await hashesOf('one-hash@example.com', 'x'.repeat(80)),
      await hashesOf('a\u0000b@example.com', WRONG),
    ]).toEqual([1, 1, 1, 1]);
  });

  test('replaces a hash of another cost, while all parallel sign-ins with the correct password succeed', async () => {
    await app.newUser('cost@example.com');
    const costlier = await startTestApp({ databaseUrl, env: { BCRYPT_COST: '11' } });
    const input = { email: 'cost@example.com', password: PASSWORD };
    const parallel = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.3'].map((ipAddress) =>
      costlier.send(SignInDocument, { input }, { ipAddress }),
    );
    expect((await Promise.all(parallel)).flatMap(codesOf)).toEqual([]);
    const [row] = await runSql<{ password_hash: string }>(databaseUrl, 'SELECT password_hash FROM users WHERE email = $1', [input.email]);
    expect(row?.password_hash).toMatch(/^\$2b\$11\$/);
    expect((await signIn(input.email, PASSWORD)).data?.signIn.user.email).toBe(input.email);
    await costlier.close();
  });

  test('opens no session for the old password when the password changes during the comparison', async () => {
    const { accessToken, user } = await app.newUser();
    const newPassword = 'another good long password';
    const [change, ...signIns] = await Promise.all([
      app.send(ChangePasswordDocument, { input: { currentPassword: PASSWORD, newPassword } }, { token: accessToken }),
      ...Array.from({ length: 6 }, () => signIn(user.email, PASSWORD)),
    ]);
    expect(codesOf(change as never)).toEqual([]);
    // The change ends the sessions opened before it. No sign-in with the old password opens one after it.
    const live = await runSql(databaseUrl, 'SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL', [user.id]);
    expect(live).toHaveLength(1);
    expect(signIns.flatMap(codesOf).every((code) => code === 'INVALID_CREDENTIALS')).toBe(true);
  });
});

describe('A10: the limits on sign-ins', () => {
  test('allow 10 failures in 15 minutes for an account from one address, then return 429 with Retry-After for any password', async () => {
    const { user } = await app.newUser();
    const failures = await repeat(10, () => signIn(user.email, WRONG));
    expect(failures.flatMap(codesOf)).toEqual(Array(10).fill('INVALID_CREDENTIALS'));

    const rejected = await signIn(user.email, PASSWORD);
    expect(rejected.status).toBe(429);
    expect(rejected.headers['retry-after']).toBe('900');
    expect(rejected.errors[0]?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: 900 });

    app.clock.advanceSeconds(899);
    expect((await signIn(user.email, PASSWORD)).status).toBe(429);
    app.clock.advanceSeconds(1);
    expect((await signIn(user.email, PASSWORD)).data?.signIn).toBeDefined();
  });

  test('hold under concurrency: 10 of 30 parallel guesses are compared', async () => {
    const { user } = await app.newUser();
    const answers = await Promise.all(Array.from({ length: 30 }, () => signIn(user.email, WRONG)));
    const codes = answers.flatMap(codesOf).sort();
    expect(codes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), ...Array(20).fill('RATE_LIMITED')]);
  });

  test('do not count 25 parallel sign-ins with the correct password', async () => {
    const { user } = await app.newUser();
    const answers = await Promise.all(Array.from({ length: 25 }, () => signIn(user.email, PASSWORD)));
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(codesOf(await signIn(user.email, WRONG))).toEqual(['INVALID_CREDENTIALS']);
  });

  test('apply to an unknown email address as well, so that they do not reveal accounts', async () => {
    await repeat(10, () => signIn('unknown@example.org', WRONG));
    expect(codesOf(await signIn('UNKNOWN@example.org', WRONG))).toEqual(['RATE_LIMITED']);
  });

  test('count an IPv6 /64 as one address, and another /64 separately', async () => {
    const { user } = await app.newUser();
    await repeat(10, (index) => signIn(user.email, WRONG, `2001:db8:0:1::${index + 1}`));
    expect(codesOf(await signIn(user.email, PASSWORD, '2001:db8:0:1:ffff::1'))).toEqual(['RATE_LIMITED']);
    expect(codesOf(await signIn(user.email, PASSWORD, '2001:db8:0:2::1'))).toEqual([]);
  });

  test('count an IPv4 address and its IPv4-mapped IPv6 form as one address', async () => {
    const { user } = await app.newUser();
    await repeat(10, () => signIn(user.email, WRONG, '198.51.100.7'));
    expect(codesOf(await signIn(user.email, PASSWORD, '::ffff:198.51.100.7'))).toEqual(['RATE_LIMITED']);
  });

  test('allow 100 failures in 15 minutes from one address over all accounts', async () => {
    await repeat(100, (index) => signIn(`spray-${index}@example.com`, WRONG, '198.51.100.1'));
    expect(codesOf(await signIn('spray-100@example.com', WRONG, '198.51.100.1'))).toEqual(['RATE_LIMITED']);
    expect(codesOf(await signIn('spray-100@example.com', WRONG, '198.51.100.2'))).toEqual(['INVALID_CREDENTIALS']);
  });

  test('allow 100 failures in an hour for an account over all addresses, and separately 10 for an address that signed in before', async () => {
    const { user } = await app.newUser();
    await signIn(user.email, PASSWORD, '203.0.113.200');
    await repeat(100, (index) => signIn(user.email, WRONG, `198.51.100.${index}`));

    expect(codesOf(await signIn(user.email, WRONG, '198.51.100.222'))).toEqual(['RATE_LIMITED']);
    expect(codesOf(await signIn(user.email, PASSWORD, '198.51.100.222'))).toEqual(['RATE_LIMITED']);
    expect(codesOf(await signIn(user.email, PASSWORD, '203.0.113.200'))).toEqual([]);

    await repeat(10, () => signIn(user.email, WRONG, '203.0.113.200'));
    expect(codesOf(await signIn(user.email, PASSWORD, '203.0.113.200'))).toEqual(['RATE_LIMITED']);

    app.clock.advanceSeconds(3_600);
    expect(codesOf(await signIn(user.email, PASSWORD, '198.51.100.222'))).toEqual([]);
  });

  test('treat an address as known for 30 days after it signed in', async () => {
    const { user } = await app.newUser();
    await signIn(user.email, PASSWORD, '203.0.113.201');
    app.clock.advanceSeconds(30 * 86_400 + 1);
    await repeat(100, (index) => signIn(user.email, WRONG, `198.51.100.${index}`));
    expect(codesOf(await signIn(user.email, PASSWORD, '203.0.113.201'))).toEqual(['RATE_LIMITED']);
  });

  test('A10: treat a network as known for 30 days after a session was refreshed from it', async () => {
    const { user, refreshToken } = await app.newUser();
    app.clock.advanceSeconds(29 * 86_400);
    const refreshed = await app.send(RefreshSessionDocument, { refreshToken }, { ipAddress: '2001:db8:5:6::1' });
    expect(codesOf(refreshed)).toEqual([]);
    app.clock.advanceSeconds(29 * 86_400);
    await repeat(100, (index) => signIn(user.email, WRONG, `198.51.100.${index}`));
    expect(codesOf(await signIn(user.email, PASSWORD, '198.51.100.222'))).toEqual(['RATE_LIMITED']);
    expect(codesOf(await signIn(user.email, PASSWORD, '2001:db8:5:6::2'))).toEqual([]);
    app.clock.advanceSeconds(2 * 86_400);
    await repeat(100, (index) => signIn(user.email, WRONG, `198.51.100.${index}`));
    expect(codesOf(await signIn(user.email, WRONG, '2001:db8:5:7::2'))).toEqual(['RATE_LIMITED']);
  });

  test('A10: allow 100 failures in 15 minutes from one /48, and separately 10 from a network that the account knows', async () => {
    const { user } = await app.newUser();
    await signIn(user.email, PASSWORD, '2001:db8:7:ffff::1');
    const addressOf = (index: number) => `2001:db8:7:${index.toString(16)}::1`;
    await repeat(100, (index) => signIn(`spray-${index}@example.com`, WRONG, addressOf(index)));
    expect(codesOf(await signIn('spray-100@example.com', WRONG, addressOf(100)))).toEqual(['RATE_LIMITED']);
    expect(codesOf(await signIn('spray-100@example.com', WRONG, '2001:db8:8::1'))).toEqual(['INVALID_CREDENTIALS']);
    expect(codesOf(await signIn(user.email, PASSWORD, '2001:db8:7:fffe::1'))).toEqual(['RATE_LIMITED']);
    expect(codesOf(await signIn(user.email, PASSWORD, '2001:db8:7:ffff::2'))).toEqual([]);
  });

  test('A10: reject with the same queries and without a hash, with and without an account', async () => {
    const { user } = await app.newUser();
    const failures = async (userId: string) =>
      (await runSql(databaseUrl, "SELECT 1 FROM audit_events WHERE user_id = $1 AND action = 'USER_SIGN_IN_FAILED'", [userId])).length;
    const rejection = async (email: string, userId?: string) => {
      await repeat(100, (index) => signIn(email, WRONG, `198.51.100.${index}`));
      // The audit events of the account are written after the responses are sent.
      if (userId !== undefined) await eventually(async () => expect(await failures(userId)).toBe(100), { withinMs: 10_000 });
      const before = app.hashes.requested;
      let answer: Awaited<ReturnType<typeof signIn>> | undefined;
      const queries = await queriesOf(app, async () => {
        answer = await signIn(email, WRONG, '203.0.113.9');
      });
      return { queries, hashes: app.hashes.requested - before, text: answer?.text, status: answer?.status };
    };
    const known = await rejection(user.email, user.id);
    expect(known).toMatchObject({ hashes: 0, status: 429, queries: expect.arrayContaining([expect.stringContaining('sessions')]) });
    expect(await rejection('nobody@example.com')).toEqual(known);
  });

  test('A4: cause the same queries before a comparison, with and without an account', async () => {
    const { user } = await app.newUser();
    const queriesFor = (email: string) => queriesOf(app, () => signIn(email, WRONG));
    await signIn('warm@example.com', WRONG);
    const unknown = await queriesFor('nobody@example.com');
    // The audit event of the account is written after the response is sent.
    expect((await queriesFor(user.email)).slice(0, unknown.length)).toEqual(unknown);
  });

  test('A12: allow 300 successful sign-ins in an hour for an account, also in parallel, and do not count failures', async () => {
    const { user } = await app.newUser();
    await repeat(5, () => signIn(user.email, WRONG));
    const codes = (await repeat(31, () => Promise.all(Array.from({ length: 10 }, () => signIn(user.email, PASSWORD)))))
      .flat()
      .flatMap(codesOf);
    expect(codes).toEqual(Array(10).fill('RATE_LIMITED'));
    const rejected = await signIn(user.email, PASSWORD, '203.0.113.77');
    expect(rejected.status).toBe(429);
    expect(Number(rejected.headers['retry-after'])).toBeGreaterThan(0);
    app.clock.advanceSeconds(3_600);
    expect(codesOf(await signIn(user.email, PASSWORD))).toEqual([]);
  }, 120_000);

  test('count a wrong current password of changePassword as a failed sign-in', async () => {
    const { accessToken, user } = await app.newUser();
    const change = () =>
      app.send(
        ChangePasswordDocument,
        { input: { currentPassword: WRONG, newPassword: 'another good long password' } },
        { token: accessToken, ipAddress: '192.0.2.1' },
      );
    expect((await repeat(10, change)).flatMap(codesOf)).toEqual(Array(10).fill('INVALID_CREDENTIALS'));
    expect((await change()).status).toBe(429);
    expect((await signIn(user.email, PASSWORD)).status).toBe(429);
  });

  test('do not apply to signUp', async () => {
    await repeat(11, () => signIn('later@example.com', WRONG));
    const answer = await app.send(
      SignUpDocument,
      { input: { email: 'later@example.com', password: PASSWORD } },
      { ipAddress: '192.0.2.1' },
    );
    expect(codesOf(answer)).toEqual([]);
  });
});

import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { ChangePasswordDocument, RefreshSessionDocument, SignInDocument, SignUpDocument } from '../../generated/graphql.js';
import { newDatabase, runSql } from '../../support/database.js';
import { queriesOf } from '../../support/queries.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

const WRONG = 'not the right password';

let app: TestApp;
let databaseUrl: string;
beforeAll(async () => {
  databaseUrl = await newDatabase();
});
// A new one for each test: the limits are counted over all of them otherwise.
beforeEach(async () => {
  app = await startTestApp({ databaseUrl });
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
  test('opens a session, however the address is written', async () => {
    const { user } = await app.newUser('sign-in@example.com');
    const { data } = await signIn(' Sign-In@Example.com ', PASSWORD);
    expect(data?.signIn.user).toEqual(user);
  });

  test('A4: unknown address, wrong password and disabled user are one answer, down to the byte', async () => {
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

  test('A4: a hash of before BCRYPT_COST was raised takes the work of the new cost, through the public door', async () => {
    await app.newUser('older@example.com');
    const dearer = await startTestApp({ databaseUrl, env: { BCRYPT_COST: '12' } });
    const workOf = async (email: string) => {
      const compare = jest.spyOn(bcrypt, 'compare');
      await dearer.send(SignInDocument, { input: { email, password: WRONG } });
      const work = compare.mock.calls.reduce((sum, [, hash]) => sum + 2 ** bcrypt.getRounds(String(hash)), 0);
      compare.mockRestore();
      return work;
    };
    expect([await workOf('older@example.com'), await workOf('unknown@example.com')]).toEqual([2 ** 12, 2 ** 12]);
    await dearer.close();
    // Lowered again: what was made at the higher cost counts for all.
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

  test('A4: each of them costs exactly one hash', async () => {
    await app.newUser('one-hash@example.com');
    const hashesOf = async (email: string, password: string) => {
      let hashes = 0;
      const run = app.hashes.run.bind(app.hashes);
      app.hashes.run = (hash, turn) => {
        hashes += 1;
        return run(hash, turn);
      };
      await signIn(email, password);
      app.hashes.run = run;
      return hashes;
    };
    expect([
      await hashesOf('nobody@example.com', WRONG),
      await hashesOf('one-hash@example.com', WRONG),
      await hashesOf('one-hash@example.com', 'x'.repeat(80)),
      await hashesOf('a\u0000b@example.com', WRONG),
    ]).toEqual([1, 1, 1, 1]);
  });

  test('a hash of another cost is replaced at the next sign-in, and parallel ones with the right password all succeed', async () => {
    await app.newUser('cost@example.com');
    const dearer = await startTestApp({ databaseUrl, env: { BCRYPT_COST: '11' } });
    const input = { email: 'cost@example.com', password: PASSWORD };
    const parallel = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.3'].map((ipAddress) =>
      dearer.send(SignInDocument, { input }, { ipAddress }),
    );
    expect((await Promise.all(parallel)).flatMap(codesOf)).toEqual([]);
    const [row] = await runSql<{ password_hash: string }>(databaseUrl, 'SELECT password_hash FROM users WHERE email = $1', [input.email]);
    expect(row?.password_hash).toMatch(/^\$2b\$11\$/);
    expect((await signIn(input.email, PASSWORD)).data?.signIn.user.email).toBe(input.email);
    await dearer.close();
  });

  test('passwords with the change in between: who proved the old one gets no session', async () => {
    const { accessToken, user } = await app.newUser();
    const newPassword = 'another good long password';
    const [change, ...signIns] = await Promise.all([
      app.send(ChangePasswordDocument, { input: { currentPassword: PASSWORD, newPassword } }, { token: accessToken }),
      ...Array.from({ length: 6 }, () => signIn(user.email, PASSWORD)),
    ]);
    expect(codesOf(change as never)).toEqual([]);
    // A session of before the change has been ended by it; none was opened after it.
    const live = await runSql(databaseUrl, 'SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL', [user.id]);
    expect(live).toHaveLength(1);
    expect(signIns.flatMap(codesOf).every((code) => code === 'INVALID_CREDENTIALS')).toBe(true);
  });
});

describe('A10: failing sign-ins', () => {
  test('10 in 15 minutes for an account from one address, then 429 with Retry-After, whatever the password', async () => {
    const { user } = await app.newUser();
    const failures = await repeat(10, () => signIn(user.email, WRONG));
    expect(failures.flatMap(codesOf)).toEqual(Array(10).fill('INVALID_CREDENTIALS'));

    const refused = await signIn(user.email, PASSWORD);
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('900');
    expect(refused.errors[0]?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: 900 });

    app.clock.advanceSeconds(899);
    expect((await signIn(user.email, PASSWORD)).status).toBe(429);
    app.clock.advanceSeconds(1);
    expect((await signIn(user.email, PASSWORD)).data?.signIn).toBeDefined();
  });

  test('at once as one after another: of 30 parallel guesses 10 are compared', async () => {
    const { user } = await app.newUser();
    const answers = await Promise.all(Array.from({ length: 30 }, () => signIn(user.email, WRONG)));
    const codes = answers.flatMap(codesOf).sort();
    expect(codes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), ...Array(20).fill('RATE_LIMITED')]);
  });

  test('the right password is no failure, however often and however parallel', async () => {
    const { user } = await app.newUser();
    const answers = await Promise.all(Array.from({ length: 25 }, () => signIn(user.email, PASSWORD)));
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(codesOf(await signIn(user.email, WRONG))).toEqual(['INVALID_CREDENTIALS']);
  });

  test('an unknown address has the same limits, so that they tell nothing', async () => {
    await repeat(10, () => signIn('unknown@example.org', WRONG));
    expect(codesOf(await signIn('UNKNOWN@example.org', WRONG))).toEqual(['RATE_LIMITED']);
  });

  test('IPv6: one /64 is one address, another isn’t', async () => {
    const { user } = await app.newUser();
    await repeat(10, (index) => signIn(user.email, WRONG, `2001:db8:0:1::${index + 1}`));
    expect(codesOf(await signIn(user.email, PASSWORD, '2001:db8:0:1:ffff::1'))).toEqual(['RATE_LIMITED']);
    expect(codesOf(await signIn(user.email, PASSWORD, '2001:db8:0:2::1'))).toEqual([]);
  });

  test('an IPv4 address is the same when it comes mapped into IPv6', async () => {
    const { user } = await app.newUser();
    await repeat(10, () => signIn(user.email, WRONG, '198.51.100.7'));
    expect(codesOf(await signIn(user.email, PASSWORD, '::ffff:198.51.100.7'))).toEqual(['RATE_LIMITED']);
  });

  test('100 in 15 minutes from one address, over all accounts', async () => {
    await repeat(100, (index) => signIn(`spray-${index}@example.com`, WRONG, '198.51.100.1'));
    expect(codesOf(await signIn('spray-100@example.com', WRONG, '198.51.100.1'))).toEqual(['RATE_LIMITED']);
    expect(codesOf(await signIn('spray-100@example.com', WRONG, '198.51.100.2'))).toEqual(['INVALID_CREDENTIALS']);
  });

  test('100 in an hour for an account over all addresses; an address that has signed in to it keeps its own 10', async () => {
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

  test('an address is known for 30 days after it signed in', async () => {
    const { user } = await app.newUser();
    await signIn(user.email, PASSWORD, '203.0.113.201');
    app.clock.advanceSeconds(30 * 86_400 + 1);
    await repeat(100, (index) => signIn(user.email, WRONG, `198.51.100.${index}`));
    expect(codesOf(await signIn(user.email, PASSWORD, '203.0.113.201'))).toEqual(['RATE_LIMITED']);
  });

  test('A10: a network is known for 30 days after a session was refreshed from it, too', async () => {
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

  test('A10: 100 in 15 minutes from one /48, over all its networks; a network that is known to the account keeps its own 10', async () => {
    const { user } = await app.newUser();
    await signIn(user.email, PASSWORD, '2001:db8:7:ffff::1');
    const addressOf = (index: number) => `2001:db8:7:${index.toString(16)}::1`;
    await repeat(100, (index) => signIn(`spray-${index}@example.com`, WRONG, addressOf(index)));
    expect(codesOf(await signIn('spray-100@example.com', WRONG, addressOf(100)))).toEqual(['RATE_LIMITED']);
    expect(codesOf(await signIn('spray-100@example.com', WRONG, '2001:db8:8::1'))).toEqual(['INVALID_CREDENTIALS']);
    expect(codesOf(await signIn(user.email, PASSWORD, '2001:db8:7:fffe::1'))).toEqual(['RATE_LIMITED']);
    expect(codesOf(await signIn(user.email, PASSWORD, '2001:db8:7:ffff::2'))).toEqual([]);
  });

  test('A10: what is rejected takes the same queries and no hash, whether or not there is an account', async () => {
    const { user } = await app.newUser();
    const failures = async (userId: string) =>
      (await runSql(databaseUrl, "SELECT 1 FROM audit_events WHERE user_id = $1 AND action = 'USER_SIGN_IN_FAILED'", [userId])).length;
    const rejection = async (email: string, userId?: string) => {
      await repeat(100, (index) => signIn(email, WRONG, `198.51.100.${index}`));
      // The events of the account are written once the answers are out.
      while (userId !== undefined && (await failures(userId)) < 100) await new Promise((resolve) => setImmediate(resolve));
      const hash = jest.spyOn(app.hashes, 'run');
      let answer: Awaited<ReturnType<typeof signIn>> | undefined;
      const queries = await queriesOf(async () => {
        answer = await signIn(email, WRONG, '203.0.113.9');
      });
      const hashes = hash.mock.calls.length;
      hash.mockRestore();
      return { queries, hashes, text: answer?.text, status: answer?.status };
    };
    const known = await rejection(user.email, user.id);
    expect(known).toMatchObject({ hashes: 0, status: 429, queries: expect.arrayContaining([expect.stringContaining('sessions')]) });
    expect(await rejection('nobody@example.com')).toEqual(known);
  });

  test('A4: what is compared takes the same queries, whether or not there is an account', async () => {
    const { user } = await app.newUser();
    const queriesFor = (email: string) => queriesOf(() => signIn(email, WRONG));
    await signIn('warm@example.com', WRONG);
    const unknown = await queriesFor('nobody@example.com');
    // The audit event of the account is written once the answer is out.
    expect((await queriesFor(user.email)).slice(0, unknown.length)).toEqual(unknown);
  });

  test('A12: 300 successful sign-ins in an hour for an account, however parallel; failures do not count', async () => {
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

  test('a wrong current password counts like a failed sign-in', async () => {
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

  test('signing up is not limited by it', async () => {
    await repeat(11, () => signIn('later@example.com', WRONG));
    const answer = await app.send(
      SignUpDocument,
      { input: { email: 'later@example.com', password: PASSWORD } },
      { ipAddress: '192.0.2.1' },
    );
    expect(codesOf(answer)).toEqual([]);
  });
});

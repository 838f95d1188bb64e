import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  EndSessionDocument,
  MeDocument,
  MySessionsDocument,
  RefreshSessionDocument,
  SignInDocument,
  SignOutDocument,
} from '../../generated/graphql.js';
import { runSql } from '../../support/database.js';
import { dataOf } from '../../support/doors.js';
import { codesOf, PASSWORD, type RequestOptions, startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const signIn = async (email: string, from: RequestOptions = {}) =>
  dataOf(await app.send(SignInDocument, { input: { email, password: PASSWORD } }, from)).signIn;
const sessions = async (token: string) => (await app.ask(MySessionsDocument, {}, token)).mySessions;
const end = (id: string, token: string) => app.send(EndSessionDocument, { id }, { token });
const inSeconds = (seconds: number) => new Date(app.clock.now().getTime() + seconds * 1_000).toISOString();

const PHONE = { ipAddress: '2001:db8::7', headers: { 'user-agent': 'phone/1.0' } };
const TTL_SECONDS = 30 * 86_400;

describe('mySessions', () => {
  test('lists the sessions with address, user agent, creation and expiry, newest first', async () => {
    const laptop = await app.newUser();
    app.clock.advanceSeconds(60);
    const phone = await signIn(laptop.user.email, PHONE);
    const common = { id: expect.any(String), lastUsedAt: inSeconds(0), createdAt: inSeconds(0), expiresAt: inSeconds(TTL_SECONDS) };
    expect(await sessions(phone.accessToken)).toEqual([
      { ...common, ipAddress: '2001:db8::7', userAgent: 'phone/1.0', current: true },
      {
        ...common,
        createdAt: inSeconds(-60),
        lastUsedAt: inSeconds(-60),
        expiresAt: inSeconds(TTL_SECONDS - 60),
        ipAddress: '127.0.0.1',
        userAgent: 'lightMyRequest',
        current: false,
      },
    ]);
    expect((await sessions(laptop.accessToken)).map(({ current }) => current)).toEqual([false, true]);
  });

  test('shows the address and user agent of the last refresh', async () => {
    const { refreshToken } = await app.newUser();
    app.clock.advanceSeconds(60);
    const { refreshSession } = dataOf(await app.send(RefreshSessionDocument, { refreshToken }, PHONE));
    expect(await sessions(refreshSession.accessToken)).toMatchObject([
      {
        createdAt: inSeconds(-60),
        lastUsedAt: inSeconds(0),
        expiresAt: inSeconds(TTL_SECONDS),
        ipAddress: '2001:db8::7',
        userAgent: 'phone/1.0',
      },
    ]);
  });

  test('omits ended and expired sessions, and the sessions of other users', async () => {
    const { user, accessToken } = await app.newUser();
    await app.newUser();
    const signedOut = await signIn(user.email);
    await app.ask(SignOutDocument, { refreshToken: signedOut.refreshToken }, undefined);
    const expired = await signIn(user.email);
    const [newest] = await sessions(expired.accessToken);
    await runSql(app.databaseUrl, 'UPDATE sessions SET expires_at = $2 WHERE id = $1', [newest?.id, app.clock.now()]);
    expect((await sessions(accessToken)).map(({ current }) => current)).toEqual([true]);
  });
});

describe('A12: the limit of 100 live sessions per user', () => {
  const insertSessions = (userId: string, count: number, endedAt: Date | null = null) =>
    runSql(
      app.databaseUrl,
      `INSERT INTO sessions (id, user_id, network, created_at, refreshed_at, expires_at, ended_at)
       SELECT gen_random_uuid(), $1, '192.0.2.1', $2::timestamptz - n * interval '1 s', $2, $2::timestamptz + interval '1 day', $4
       FROM generate_series(1, $3::int) AS n`,
      [userId, app.clock.now(), count, endedAt],
    );
  const count = async (userId: string, condition: string) =>
    (await runSql(app.databaseUrl, `SELECT 1 FROM sessions WHERE user_id = $1 AND ${condition}`, [userId])).length;

  test('ends the oldest session when signIn opens another one, and records that in the audit log', async () => {
    const { user, accessToken } = await app.newUser();
    app.clock.advanceSeconds(3_600);
    const token = (await signIn(user.email)).accessToken;
    await insertSessions(user.id, 98);
    expect(await sessions(token)).toHaveLength(100);
    app.clock.advanceSeconds(1);
    await signIn(user.email);
    expect(codesOf(await app.send(MeDocument, {}, { token: accessToken }))).toEqual(['UNAUTHENTICATED']);
    expect(await sessions(token)).toHaveLength(100);
    const events = await runSql(app.databaseUrl, "SELECT details FROM audit_events WHERE user_id = $1 AND action = 'SESSION_ENDED'", [
      user.id,
    ]);
    expect(events).toEqual([{ details: { reason: 'too many sessions', sessions: 1 } }]);
  });

  test('also applies to mySessions if there are more, and the next sign-in ends the rest', async () => {
    const { user, accessToken } = await app.newUser();
    await insertSessions(user.id, 2_000);
    expect(await sessions(accessToken)).toHaveLength(100);
    app.clock.advanceSeconds(1);
    await signIn(user.email);
    expect(await count(user.id, 'ended_at IS NULL')).toBe(100);
  });

  test('also applies to ended sessions: older ones are deleted, so the table does not grow with each sign-in', async () => {
    const { user } = await app.newUser();
    await insertSessions(user.id, 500, app.clock.now());
    await signIn(user.email);
    expect(await count(user.id, 'ended_at IS NOT NULL')).toBe(100);
    expect(await count(user.id, 'ended_at IS NULL')).toBe(2);
  });

  test('holds under parallel sign-ins', async () => {
    const { user } = await app.newUser();
    await insertSessions(user.id, 99);
    await Promise.all(Array.from({ length: 8 }, () => signIn(user.email)));
    expect(await count(user.id, 'ended_at IS NULL')).toBe(100);
  });
});

describe('endSession', () => {
  test('ends a session of the user: its access token and refresh token are rejected at the next request', async () => {
    const laptop = await app.newUser();
    const phone = await signIn(laptop.user.email);
    const [{ id } = { id: '' }] = await sessions(phone.accessToken);
    const { endSession } = dataOf(await end(id, laptop.accessToken));
    expect(endSession.session).toMatchObject({ id, current: false });
    expect(codesOf(await app.send(MeDocument, {}, { token: phone.accessToken }))).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await app.send(RefreshSessionDocument, { refreshToken: phone.refreshToken }))).toEqual(['UNAUTHENTICATED']);
    expect(await sessions(laptop.accessToken)).toHaveLength(1);
    expect(dataOf(await end(id, laptop.accessToken)).endSession.session.id).toBe(id);
    const log = await runSql(app.databaseUrl, "SELECT 1 FROM audit_events WHERE user_id = $1 AND action = 'SESSION_ENDED'", [
      laptop.user.id,
    ]);
    expect(log).toHaveLength(1);
  });

  test('can end the session that sends the request', async () => {
    const { accessToken } = await app.newUser();
    const [{ id } = { id: '' }] = await sessions(accessToken);
    expect(codesOf(await end(id, accessToken))).toEqual([]);
    expect(codesOf(await end(id, accessToken))).toEqual(['UNAUTHENTICATED']);
  });

  test.each(['01a20538-5745-77c0-8216-711042d53509', 'nope', ''])('returns NOT_FOUND for the id %j', async (id) => {
    const { accessToken } = await app.newUser();
    expect(codesOf(await end(id, accessToken))).toEqual(['NOT_FOUND']);
  });
});

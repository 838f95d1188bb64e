import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MeDocument, RefreshSessionDocument } from '../../generated/graphql.js';
import { runSql } from '../../support/database.js';
import { codesOf, startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const refresh = (refreshToken: string, headers?: Record<string, string>) =>
  app.send(RefreshSessionDocument, { refreshToken }, headers ? { headers } : {});

/** Exchanges a valid token and returns the next one. */
const exchange = async (refreshToken: string) => (await app.ask(RefreshSessionDocument, { refreshToken })).refreshSession.refreshToken;

const isSignedIn = async (token: string) => codesOf(await app.send(MeDocument, {}, { token })).length === 0;

describe('refreshSession', () => {
  test('exchanges the token for a new pair of the same session, and extends the session', async () => {
    const { refreshToken, user } = await app.newUser();
    app.clock.advanceSeconds(3_600);
    const { data, headers } = await refresh(refreshToken);
    expect(data?.refreshSession.user).toEqual(user);
    expect(data?.refreshSession.refreshToken).not.toBe(refreshToken);
    expect(data?.refreshSession.expiresAt).toBe(new Date(app.clock.now().getTime() + 900_000).toISOString());
    expect(headers['cache-control']).toBe('no-store');
    expect(await isSignedIn(data?.refreshSession.accessToken ?? '')).toBe(true);
  });

  test('A8: lets one of ten concurrent refreshes succeed, returns CONFLICT to nine, and keeps the session', async () => {
    const { refreshToken } = await app.newUser();
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(refreshToken)));
    expect(answers.flatMap(codesOf)).toEqual(Array(9).fill('CONFLICT'));
    const winner = answers.find(({ data }) => data?.refreshSession)?.data?.refreshSession;
    expect(await isSignedIn(winner?.accessToken ?? '')).toBe(true);
    expect(await exchange(winner?.refreshToken ?? '')).toBeDefined();
  });

  test('A8: returns CONFLICT for the previous token for 10 s, and ends nothing', async () => {
    const { refreshToken } = await app.newUser();
    const next = await exchange(refreshToken);
    app.clock.advanceSeconds(10);
    expect(codesOf(await refresh(refreshToken))).toEqual(['CONFLICT']);
    expect(await exchange(next)).toBeDefined();
  });

  test('A8: ends the session when the previous token is used after more than 10 s', async () => {
    const { refreshToken } = await app.newUser();
    const next = await exchange(refreshToken);
    app.clock.advanceSeconds(10.001);
    expect(codesOf(await refresh(refreshToken))).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await refresh(next))).toEqual(['UNAUTHENTICATED']);
  });

  test('A8: ends the session at once, for attacker and owner, when the owner presents a token that an attacker exchanged twice', async () => {
    const { refreshToken, accessToken } = await app.newUser();
    const stolen = await exchange(await exchange(refreshToken));
    expect(await isSignedIn(accessToken)).toBe(true);
    expect(codesOf(await refresh(refreshToken))).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await refresh(stolen))).toEqual(['UNAUTHENTICATED']);
    expect(await isSignedIn(accessToken)).toBe(false);
  });

  test('A8: returns UNAUTHENTICATED for a malformed or forged token, and ends nothing', async () => {
    const { refreshToken, accessToken } = await app.newUser();
    const flipped = `${refreshToken.slice(0, -2)}${refreshToken.endsWith('AA') ? 'BB' : 'AA'}`;
    const garbage = [
      '',
      'garbage',
      accessToken,
      refreshToken.slice(1),
      `${refreshToken}A`,
      ` ${refreshToken}`,
      `${refreshToken}=`,
      flipped,
      '💥',
    ];
    for (const token of garbage) {
      const answer = await refresh(token);
      expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
      expect(answer.status).toBe(401);
    }
    expect(await exchange(refreshToken)).toBeDefined();
  });

  test('rejects a session 30 days after its last refresh', async () => {
    const { refreshToken } = await app.newUser();
    app.clock.advanceSeconds(30 * 86_400 - 1);
    const next = await exchange(refreshToken);
    app.clock.advanceSeconds(30 * 86_400);
    expect(codesOf(await refresh(next))).toEqual(['UNAUTHENTICATED']);
  });

  test('rejects a session of a disabled user', async () => {
    const { refreshToken, user } = await app.newUser();
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = now() WHERE id = $1', [user.id]);
    expect(codesOf(await refresh(refreshToken))).toEqual(['UNAUTHENTICATED']);
  });

  test('A2: ignores an invalid access token in the Authorization header', async () => {
    const { refreshToken } = await app.newUser();
    expect(codesOf(await refresh(refreshToken, { authorization: 'Bearer stale' }))).toEqual([]);
  });
});

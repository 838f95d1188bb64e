import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  EndOtherSessionsDocument,
  MeDocument,
  MyAuditLogDocument,
  MySessionsDocument,
  RefreshSessionDocument,
  SignInDocument,
} from '../../generated/graphql.js';
import { runSql } from '../../support/database.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';
import { AUDIENCE, claimsAt, ISSUER, newKeyPair, signToken, startKeyServer } from '../../support/token-issuer.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const signIn = async (email: string) => (await app.ask(SignInDocument, { input: { email, password: PASSWORD } })).signIn;
const endOthers = (token: string, on = app) => on.send(EndOtherSessionsDocument, {}, { token });
const sessions = async (token: string) => (await app.ask(MySessionsDocument, {}, token)).mySessions;
const eventsOf = async (token: string) =>
  (await app.ask(MyAuditLogDocument, { first: 100 }, token)).myAuditLog.edges.flatMap(({ node: { action, details } }) =>
    action === 'SESSION_ENDED' ? [details] : [],
  );

describe('endOtherSessions', () => {
  test('L2: ends every other session at the next request, keeps the current one, and records one event', async () => {
    const laptop = await app.newUser();
    const [phone, tablet] = [await signIn(laptop.user.email), await signIn(laptop.user.email)];
    const stranger = await app.newUser();
    expect((await endOthers(phone.accessToken)).data).toEqual({ endOtherSessions: { ended: 2 } });
    for (const { accessToken, refreshToken } of [laptop, tablet]) {
      expect(codesOf(await app.send(MeDocument, {}, { token: accessToken }))).toEqual(['UNAUTHENTICATED']);
      expect(codesOf(await app.send(RefreshSessionDocument, { refreshToken }))).toEqual(['UNAUTHENTICATED']);
    }
    expect(await sessions(phone.accessToken)).toMatchObject([{ current: true }]);
    expect(codesOf(await app.send(RefreshSessionDocument, { refreshToken: phone.refreshToken }))).toEqual([]);
    expect(await sessions(stranger.accessToken)).toHaveLength(1);
    expect(await eventsOf(phone.accessToken)).toEqual([{ reason: 'all other sessions', sessions: 2 }]);
  });

  test('records no event if there is no other live session', async () => {
    const { user, accessToken } = await app.newUser();
    const expired = await signIn(user.email);
    const [newest] = await sessions(expired.accessToken);
    await runSql(app.databaseUrl, 'UPDATE sessions SET expires_at = $2 WHERE id = $1', [newest?.id, app.clock.now()]);
    expect((await endOthers(accessToken)).data).toEqual({ endOtherSessions: { ended: 0 } });
    expect(await eventsOf(accessToken)).toEqual([]);
  });

  test('keeps exactly one session if all sessions of a user call it at the same time', async () => {
    const { user, accessToken } = await app.newUser();
    const tokens = [accessToken];
    for (let count = 1; count < 8; count += 1) tokens.push((await signIn(user.email)).accessToken);
    const answers = await Promise.all(tokens.map((token) => endOthers(token)));
    const codes = answers.flatMap(codesOf);
    expect(codes).toEqual(Array(7).fill('UNAUTHENTICATED'));
    const [winner = ''] = tokens.filter((_, index) => answers[index]?.data);
    expect(await sessions(winner)).toHaveLength(1);
  });

  test('F8: ends no session if its event cannot be written', async () => {
    const { user, accessToken } = await app.newUser();
    await signIn(user.email);
    await runSql(app.databaseUrl, "ALTER TABLE audit_events ADD CONSTRAINT unwritable CHECK (action <> 'SESSION_ENDED') NOT VALID");
    expect(codesOf(await endOthers(accessToken))).toEqual(['INTERNAL_SERVER_ERROR']);
    await runSql(app.databaseUrl, 'ALTER TABLE audit_events DROP CONSTRAINT unwritable');
    expect(await sessions(accessToken)).toHaveLength(2);
  });

  test.each(['both', 'external'])('returns FORBIDDEN to a user of an identity provider, with AUTH_MODE=%s', async (mode) => {
    const key = await newKeyPair('ES256', 'key');
    const server = await startKeyServer([key.publicJwk]);
    const env = { AUTH_MODE: mode, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE, AUTH_JWKS_URL: server.url };
    const external = await startTestApp({ env });
    const token = await signToken(key, { ...claimsAt(external.clock), sub: 'ada' });
    expect(codesOf(await endOthers(token, external))).toEqual(['FORBIDDEN']);
    await external.close();
    await server.close();
  });
});

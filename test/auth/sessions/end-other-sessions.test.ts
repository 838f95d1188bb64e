import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import {
  EndOtherSessionsDocument,
  MeDocument,
  MyAuditLogDocument,
  MySessionsDocument,
  RefreshSessionDocument,
  SignInDocument,
} from '../../generated/graphql.js';
import { runSql } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { codesOf, PASSWORD, PATIENT, startReplicas, startTestApp, type TestApp } from '../../support/test-app.js';
import { AUDIENCE, claimsAt, ISSUER, newKeyPair, signToken, startKeyServer } from '../../support/token-issuer.js';

let app: TestApp;
let otherReplica: TestApp;
beforeAll(async () => {
  [app, otherReplica] = await startReplicas(PATIENT);
});
afterAll(async () => {
  await otherReplica.close();
  await app.close();
});

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

  test('keeps exactly one of two sessions that end each other at the same time on two replicas', async () => {
    const { user, ...laptop } = await app.newUser();
    const phone = await signIn(user.email);
    const holder = new pg.Client({ connectionString: app.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [user.id]);
    const answers = Promise.all([endOthers(laptop.accessToken), endOthers(phone.accessToken, otherReplica)]);
    const bothWait = async () => {
      const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
      expect(await runSql(app.databaseUrl, waiting)).toHaveLength(2);
    };
    await eventually(bothWait, { withinMs: 15_000 });
    await holder.query('COMMIT');
    await holder.end();
    expect((await answers).map(codesOf).sort()).toEqual([[], ['UNAUTHENTICATED']]);
    const live = 'SELECT 1 FROM sessions WHERE user_id = $1 AND ended_at IS NULL';
    expect(await runSql(app.databaseUrl, live, [user.id])).toHaveLength(1);
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

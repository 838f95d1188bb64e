import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ResetTokens } from '../../../src/auth/accounts/reset-tokens.js';
import { MeDocument, MyAuditLogDocument, ResetPasswordDocument, SignInDocument } from '../../generated/graphql.js';
import { runSql } from '../../support/database.js';
import { dataOf } from '../../support/doors.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const NEW_PASSWORD = 'a quite different password';

/** Issues a reset token as the operator's command does. */
const issue = (userId: string) =>
  app.database.$transaction((transaction) => new ResetTokens({ database: app.database, clock: app.clock }).issue(transaction, userId));
const reset = (token: string, newPassword = NEW_PASSWORD) => app.send(ResetPasswordDocument, { input: { token, newPassword } });
const signIn = (email: string, password: string) => app.send(SignInDocument, { input: { email, password } });

describe('resetPassword', () => {
  test('sets a new password, ends every session and opens a new session', async () => {
    const { user, accessToken } = await app.newUser();
    const { token } = await issue(user.id);
    const { resetPassword } = dataOf(await reset(token));
    expect(resetPassword.user).toEqual(user);
    expect(codesOf(await app.send(MeDocument, {}, { token: accessToken }))).toEqual(['UNAUTHENTICATED']);
    expect((await app.ask(MeDocument, {}, resetPassword.accessToken)).me).toMatchObject(user);
    expect(codesOf(await signIn(user.email, PASSWORD))).toEqual(['INVALID_CREDENTIALS']);
    expect(codesOf(await signIn(user.email, NEW_PASSWORD))).toEqual([]);
    const { myAuditLog } = await app.ask(MyAuditLogDocument, {}, resetPassword.accessToken);
    expect(myAuditLog.edges.map(({ node }) => node.action)).toContain('PASSWORD_RESET');
  });

  test('sets the first password of a user without a password', async () => {
    const { user } = await app.newUser();
    await runSql(app.databaseUrl, 'UPDATE users SET password_hash = NULL WHERE id = $1', [user.id]);
    expect(codesOf(await signIn(user.email, PASSWORD))).toEqual(['INVALID_CREDENTIALS']);
    await reset((await issue(user.id)).token);
    expect(codesOf(await signIn(user.email, NEW_PASSWORD))).toEqual([]);
  });

  test('accepts a token once, also under concurrent use', async () => {
    const { user } = await app.newUser();
    const { token } = await issue(user.id);
    const answers = await Promise.all(Array.from({ length: 10 }, () => reset(token)));
    expect(answers.flatMap(codesOf)).toEqual(Array(9).fill('UNAUTHENTICATED'));
    expect(codesOf(await reset(token))).toEqual(['UNAUTHENTICATED']);
  });

  test('accepts only the latest token of a user, for one hour', async () => {
    const { user } = await app.newUser();
    const [older, latest] = [await issue(user.id), await issue(user.id)];
    expect(latest.expiresAt).toEqual(new Date(app.clock.now().getTime() + 3_600_000));
    expect(codesOf(await reset(older.token))).toEqual(['UNAUTHENTICATED']);
    app.clock.advanceSeconds(3_600);
    expect(codesOf(await reset(latest.token))).toEqual(['UNAUTHENTICATED']);
    const { token } = await issue(user.id);
    app.clock.advanceSeconds(3_599.999);
    expect(codesOf(await reset(token))).toEqual([]);
  });

  test('returns byte-identical responses for a malformed token and for the token of a disabled user', async () => {
    const { user } = await app.newUser();
    const { token } = await issue(user.id);
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = now() WHERE id = $1', [user.id]);
    const answers = await Promise.all([reset(token), reset('garbage'), reset(''), reset('\u0000')]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.flatMap(codesOf)).toEqual(Array(4).fill('UNAUTHENTICATED'));
  });

  test('rejects a password that breaks a rule, and keeps the token valid', async () => {
    const { user } = await app.newUser();
    const { token } = await issue(user.id);
    const answer = await reset(token, 'too short');
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'input.newPassword' }] });
    expect(codesOf(await reset(token))).toEqual([]);
  });

  test('K2: stores the token in no table and in no log', async () => {
    const { user } = await app.newUser();
    const { token } = await issue(user.id);
    await reset(token, 'too short');
    const [row] = await runSql<{ json: string }>(app.databaseUrl, 'SELECT json_agg(t)::text AS json FROM reset_tokens t');
    for (const text of [row?.json ?? '', app.logs()]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(Buffer.from(token, 'base64url').toString('hex'));
    }
  });
});

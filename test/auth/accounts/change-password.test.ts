import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ResetTokens } from '../../../src/auth/accounts/reset-tokens.js';
import {
  ChangePasswordDocument,
  MeDocument,
  RefreshSessionDocument,
  ResetPasswordDocument,
  SignInDocument,
  SignOutDocument,
} from '../../generated/graphql.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

const NEW_PASSWORD = 'another good long password';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const change = (token: string, currentPassword: string, newPassword = NEW_PASSWORD) =>
  app.send(ChangePasswordDocument, { input: { currentPassword, newPassword } }, { token });

const signIn = (email: string, password: string) => app.send(SignInDocument, { input: { email, password } });

describe('changePassword', () => {
  test('A6: ends every session, including the current one, at the next request, and opens a new session', async () => {
    const { accessToken, refreshToken, user } = await app.newUser();
    const others = [await signIn(user.email, PASSWORD), await signIn(user.email, PASSWORD)].map(({ data }) => data?.signIn);

    const { data } = await change(accessToken, PASSWORD);
    const renewed = data?.changePassword;
    for (const other of [...others, { accessToken, refreshToken }]) {
      expect(codesOf(await app.send(MeDocument, {}, { token: other?.accessToken ?? '' }))).toEqual(['UNAUTHENTICATED']);
      expect(codesOf(await app.send(RefreshSessionDocument, { refreshToken: other?.refreshToken ?? '' }))).toEqual(['UNAUTHENTICATED']);
    }
    expect(codesOf(await app.send(MeDocument, {}, { token: renewed?.accessToken ?? '' }))).toEqual([]);
    expect(codesOf(await app.send(RefreshSessionDocument, { refreshToken: renewed?.refreshToken ?? '' }))).toEqual([]);
    expect(codesOf(await signIn(user.email, PASSWORD))).toEqual(['INVALID_CREDENTIALS']);
    expect(codesOf(await signIn(user.email, NEW_PASSWORD))).toEqual([]);
  });

  test('A6: invalidates an earlier reset token', async () => {
    const { accessToken, user } = await app.newUser();
    const { token } = await app.database.$transaction((transaction) =>
      new ResetTokens({ database: app.database, clock: app.clock }).issue(transaction, user.id),
    );
    expect(codesOf(await change(accessToken, PASSWORD))).toEqual([]);
    const input = { token, newPassword: 'a third and different password' };
    expect(codesOf(await app.send(ResetPasswordDocument, { input }))).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await signIn(user.email, NEW_PASSWORD))).toEqual([]);
  });

  test('A6: opens no new session if the current session ends while the password is compared', async () => {
    const { accessToken, refreshToken, user } = await app.newUser();
    app.hashes.onRequest = () => app.send(SignOutDocument, { refreshToken });
    const answer = await change(accessToken, PASSWORD);
    app.hashes.onRequest = () => undefined;
    expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await signIn(user.email, PASSWORD))).toEqual([]);
  });

  test('A6: changes nothing without the current password', async () => {
    const { accessToken, user } = await app.newUser();
    const other = (await signIn(user.email, PASSWORD)).data?.signIn;
    expect(codesOf(await change(accessToken, 'not the right password'))).toEqual(['INVALID_CREDENTIALS']);
    expect(codesOf(await app.send(MeDocument, {}, { token: other?.accessToken ?? '' }))).toEqual([]);
    expect(codesOf(await signIn(user.email, PASSWORD))).toEqual([]);
  });

  test('A9: rejects a new password that breaks a rule, and does not repeat it', async () => {
    const { accessToken, user } = await app.newUser();
    for (const bad of ['short', user.email, 'aaaaaaaaaaaaaaaa', '123456789012345', 'x1'.repeat(37)]) {
      const answer = await change(accessToken, PASSWORD, bad);
      expect(answer.errors[0]?.extensions).toEqual({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.newPassword', message: expect.any(String) }],
      });
      expect(answer.text).not.toContain(bad);
    }
  });

  test('succeeds when the same session is refreshed concurrently', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { accessToken, refreshToken } = await app.newUser();
      const [changed] = await Promise.all([change(accessToken, PASSWORD), app.send(RefreshSessionDocument, { refreshToken })]);
      expect(codesOf(changed)).toEqual([]);
    }
  });

  test('lets one of several concurrent changes succeed, and sets the password of that change', async () => {
    const { accessToken, user } = await app.newUser();
    const passwords = [1, 2, 3, 4].map((number) => `${NEW_PASSWORD} ${number}`);
    const answers = await Promise.all(passwords.map((password) => change(accessToken, PASSWORD, password)));
    const winners = passwords.filter((_password, index) => answers[index]?.data?.changePassword);
    expect(winners).toHaveLength(1);
    expect(answers.flatMap(codesOf).every((code) => code === 'CONFLICT' || code === 'INVALID_CREDENTIALS')).toBe(true);
    expect(codesOf(await signIn(user.email, winners[0] ?? ''))).toEqual([]);
  });
});

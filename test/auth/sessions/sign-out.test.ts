import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MeDocument, RefreshSessionDocument, SignInDocument, SignOutDocument } from '../../generated/graphql.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

describe('signOut', () => {
  test('ends the session: its access token and refresh token are rejected at the next request', async () => {
    const { accessToken, refreshToken } = await app.newUser();
    expect(await app.ask(SignOutDocument, { refreshToken })).toEqual({ signOut: { signedOut: true } });
    expect(codesOf(await app.send(MeDocument, {}, { token: accessToken }))).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await app.send(RefreshSessionDocument, { refreshToken }))).toEqual(['UNAUTHENTICATED']);
  });

  test('keeps the user’s other sessions', async () => {
    const { refreshToken, user } = await app.newUser();
    const { signIn } = await app.ask(SignInDocument, { input: { email: user.email, password: PASSWORD } });
    await app.ask(SignOutDocument, { refreshToken });
    expect(codesOf(await app.send(MeDocument, {}, { token: signIn.accessToken }))).toEqual([]);
  });

  test('returns the same result when it is repeated', async () => {
    const { refreshToken } = await app.newUser();
    await app.ask(SignOutDocument, { refreshToken });
    expect(await app.ask(SignOutDocument, { refreshToken })).toEqual({ signOut: { signedOut: true } });
  });

  test('accepts an older refresh token of the session', async () => {
    const { accessToken, refreshToken } = await app.newUser();
    await app.ask(RefreshSessionDocument, { refreshToken });
    await app.ask(SignOutDocument, { refreshToken });
    expect(codesOf(await app.send(MeDocument, {}, { token: accessToken }))).toEqual(['UNAUTHENTICATED']);
  });

  test('returns UNAUTHENTICATED for a malformed token', async () => {
    expect(codesOf(await app.send(SignOutDocument, { refreshToken: 'garbage' }))).toEqual(['UNAUTHENTICATED']);
  });
});

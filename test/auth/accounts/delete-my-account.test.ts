import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateApiKeyDocument,
  DeleteMyAccountDocument,
  MeDocument,
  RefreshSessionDocument,
  RotateApiKeyDocument,
  SignInDocument,
} from '../../generated/graphql.js';
import { runSql } from '../../support/database.js';
import { DOORS } from '../../support/doors.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const deleteAccount = (token: string, password = PASSWORD) => app.send(DeleteMyAccountDocument, { password }, { token });

describe('deleteMyAccount', () => {
  test('ends every session, rejects every key from the next verification, and keeps the audit log', async () => {
    const { user, accessToken, refreshToken } = await app.newUser();
    const { createApiKey } = await app.ask(CreateApiKeyDocument, {}, accessToken);
    const { rotateApiKey } = await app.ask(RotateApiKeyDocument, { id: createApiKey.apiKey.id }, accessToken);
    const other = await app.ask(SignInDocument, { input: { email: user.email, password: PASSWORD } }, undefined);
    expect(await deleteAccount(accessToken)).toMatchObject({ data: { deleteMyAccount: { deleted: true } }, errors: [] });

    for (const verify of Object.values(DOORS)) {
      for (const key of [createApiKey.plaintextKey, rotateApiKey.plaintextKey]) expect((await verify(app, { key })).code).toBe('NOT_FOUND');
    }
    for (const token of [accessToken, other.signIn.accessToken]) {
      expect(codesOf(await app.send(MeDocument, {}, { token }))).toEqual(['UNAUTHENTICATED']);
    }
    expect(codesOf(await app.send(RefreshSessionDocument, { refreshToken }))).toEqual(['UNAUTHENTICATED']);
    const input = { email: user.email, password: PASSWORD };
    expect(codesOf(await app.send(SignInDocument, { input }))).toEqual(['INVALID_CREDENTIALS']);
    const events = await runSql<{ action: string }>(app.databaseUrl, 'SELECT action FROM audit_events WHERE user_id = $1 ORDER BY at, id', [
      user.id,
    ]);
    expect(events.map(({ action }) => action)).toEqual([
      'USER_SIGNED_UP',
      'API_KEY_CREATED',
      'API_KEY_ROTATED',
      'USER_SIGNED_IN',
      'USER_DELETED',
    ]);
  });

  test('deletes the usage of the keys', async () => {
    const { accessToken } = await app.newUser();
    const { createApiKey } = await app.ask(CreateApiKeyDocument, {}, accessToken);
    const usage = () => runSql(app.databaseUrl, 'SELECT FROM api_key_usage WHERE key_id = $1', [createApiKey.apiKey.id]);
    for (const verify of Object.values(DOORS)) await verify(app, { key: createApiKey.plaintextKey });
    await app.usage.flush();
    expect(await usage()).toHaveLength(1);
    await deleteAccount(accessToken);
    expect(await usage()).toEqual([]);
  });

  test('requires the password, and counts a wrong password like a failed sign-in', async () => {
    const { accessToken, user } = await app.newUser();
    for (let tries = 0; tries < 10; tries += 1) {
      expect(codesOf(await deleteAccount(accessToken, 'not the password'))).toEqual(['INVALID_CREDENTIALS']);
    }
    expect(codesOf(await deleteAccount(accessToken))).toEqual(['RATE_LIMITED']);
    expect((await app.ask(MeDocument, {}, accessToken)).me.id).toBe(user.id);
  });

  test.each([{}, { password: null }])('returns BAD_USER_INPUT for the variables %j, which hold no password', async (variables) => {
    const { accessToken, user } = await app.newUser();
    const answer = await app.send(DeleteMyAccountDocument, variables, { token: accessToken });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'password' }] });
    expect((await app.ask(MeDocument, {}, accessToken)).me.id).toBe(user.id);
  });

  test('frees the email address for a new account that shares nothing with the deleted account', async () => {
    const { accessToken, user } = await app.newUser();
    await deleteAccount(accessToken);
    const again = await app.newUser(user.email);
    expect(again.user.id).not.toBe(user.id);
    expect(codesOf(await app.send(MeDocument, {}, { token: accessToken }))).toEqual(['UNAUTHENTICATED']);
  });

  test('leaves no key when keys are created concurrently', async () => {
    const { accessToken, user } = await app.newUser();
    const creates = Array.from({ length: 4 }, () => app.send(CreateApiKeyDocument, {}, { token: accessToken }));
    await Promise.all([...creates, deleteAccount(accessToken)]);
    for (const table of ['api_keys', 'sessions', 'reset_tokens']) {
      expect(await runSql(app.databaseUrl, `SELECT FROM ${table} WHERE user_id = $1`, [user.id])).toEqual([]);
    }
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiKeyDocument, CreateApiKeyDocument, RevokeApiKeyDocument } from '../generated/graphql.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

describe('apiKey', () => {
  test('returns a key of the user in every status', async () => {
    const { accessToken } = await app.newUser();
    const { apiKey } = (await app.ask(CreateApiKeyDocument, {}, accessToken)).createApiKey;
    expect(await app.ask(ApiKeyDocument, { id: apiKey.id }, accessToken)).toEqual({ apiKey });
    const revoked = (await app.ask(RevokeApiKeyDocument, { id: apiKey.id }, accessToken)).revokeApiKey.apiKey;
    expect(await app.ask(ApiKeyDocument, { id: apiKey.id }, accessToken)).toEqual({ apiKey: revoked });
    expect(revoked.status).toBe('REVOKED');
  });

  test.each([
    ['a UUID of no key', '01a20538-5745-77c0-8216-711042d53509'],
    ['not a UUID', 'nope'],
    ['empty', ''],
    ['an SQL string', "' OR 1=1 --"],
    ['a UUID with a NUL', '01a20538-5745-77c0-8216-711042d5350\u0000'],
  ])('returns NOT_FOUND for an id that is %s', async (_case, id) => {
    const { accessToken } = await app.newUser();
    const answer = await app.send(ApiKeyDocument, { id }, { token: accessToken });
    expect(codesOf(answer)).toEqual(['NOT_FOUND']);
    expect(answer.status).toBe(200);
  });

  test('K6: returns FORBIDDEN for another user’s key, and nothing about the key', async () => {
    const [owner, stranger] = [await app.newUser(), await app.newUser()];
    const { apiKey } = (await app.ask(CreateApiKeyDocument, { input: { name: 'private' } }, owner.accessToken)).createApiKey;
    const answer = await app.send(ApiKeyDocument, { id: apiKey.id }, { token: stranger.accessToken });
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    expect(answer.data).toEqual({ apiKey: null });
    expect(answer.text).not.toContain('private');
  });

  test('leaves the other fields of the query their data when it fails', async () => {
    const [owner, stranger] = [await app.newUser(), await app.newUser()];
    const { apiKey } = (await app.ask(CreateApiKeyDocument, {}, owner.accessToken)).createApiKey;
    const query =
      'query ($foreign: ID!) { me { id } missing: apiKey(id: "nope") { id } foreign: apiKey(id: $foreign) { id } myApiKeys { id } }';
    const answer = await app.send(query, { foreign: apiKey.id }, { token: stranger.accessToken });
    expect(answer.data).toEqual({ me: { id: stranger.user.id }, missing: null, foreign: null, myApiKeys: [] });
    expect(answer.errors.map(({ path, extensions }) => [path, extensions.code]).sort()).toEqual([
      [['foreign'], 'FORBIDDEN'],
      [['missing'], 'NOT_FOUND'],
    ]);
  });
});

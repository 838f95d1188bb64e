import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiKeyDocument, CreateApiKeyDocument, RevokeApiKeyDocument } from '../generated/graphql.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

async function newKey() {
  const { accessToken } = await app.newUser();
  const { apiKey } = (await app.ask(CreateApiKeyDocument, { input: { name: 'a key' } }, accessToken)).createApiKey;
  return { accessToken, apiKey };
}

describe('revokeApiKey', () => {
  test('revokes the key and records the time and the reason', async () => {
    const { accessToken, apiKey } = await newKey();
    app.clock.advanceSeconds(60);
    const { revokeApiKey } = await app.ask(RevokeApiKeyDocument, { id: apiKey.id, reason: 'leaked' }, accessToken);
    expect(revokeApiKey.apiKey).toEqual({
      ...apiKey,
      status: 'REVOKED',
      revokedAt: app.clock.now().toISOString(),
      revokedReason: 'leaked',
    });
  });

  test('returns the first result when it is repeated, and changes nothing', async () => {
    const { accessToken, apiKey } = await newKey();
    const first = await app.ask(RevokeApiKeyDocument, { id: apiKey.id, reason: 'leaked' }, accessToken);
    app.clock.advanceSeconds(60);
    expect(await app.ask(RevokeApiKeyDocument, { id: apiKey.id, reason: 'another reason' }, accessToken)).toEqual(first);
    expect(await app.ask(ApiKeyDocument, { id: apiKey.id }, accessToken)).toEqual({ apiKey: first.revokeApiKey.apiKey });
    const events = app
      .logs()
      .split('\n')
      .filter((line) => line.includes(apiKey.keyPrefix) && line.includes('API key revoked'));
    expect(events).toHaveLength(1);
  });

  test('records one time and one reason under concurrent calls', async () => {
    const { accessToken, apiKey } = await newKey();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => app.ask(RevokeApiKeyDocument, { id: apiKey.id, reason: `reason ${index}` }, accessToken)),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  test('records null if no reason is sent', async () => {
    const { accessToken, apiKey } = await newKey();
    const { revokeApiKey } = await app.ask(RevokeApiKeyDocument, { id: apiKey.id }, accessToken);
    expect(revokeApiKey.apiKey.revokedReason).toBeNull();
  });

  test('K6: returns FORBIDDEN for another user’s key, and does not change the key', async () => {
    const { accessToken, apiKey } = await newKey();
    const stranger = await app.newUser();
    const answer = await app.send(RevokeApiKeyDocument, { id: apiKey.id }, { token: stranger.accessToken });
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    expect(await app.ask(ApiKeyDocument, { id: apiKey.id }, accessToken)).toEqual({ apiKey });
  });

  test('returns NOT_FOUND for a key that does not exist', async () => {
    const { accessToken } = await app.newUser();
    const answer = await app.send(RevokeApiKeyDocument, { id: '01a20538-5745-77c0-8216-711042d53509' }, { token: accessToken });
    expect(codesOf(answer)).toEqual(['NOT_FOUND']);
  });

  test.each([
    ['501 characters long', 'r'.repeat(501)],
    ['blank', ' '],
    ['broken by a control character', 'a\u0007b'],
  ])('G9: rejects a reason that is %s, and does not revoke the key', async (_case, reason) => {
    const { accessToken, apiKey } = await newKey();
    const answer = await app.send(RevokeApiKeyDocument, { id: apiKey.id, reason }, { token: accessToken });
    expect(answer.errors[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', fields: [{ path: 'reason', message: expect.any(String) }] });
    expect(await app.ask(ApiKeyDocument, { id: apiKey.id }, accessToken)).toEqual({ apiKey });
  });
});

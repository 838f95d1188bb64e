import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiKeyDocument, MyApiKeysDocument, RevokeApiKeyDocument } from '../generated/graphql.js';
import { newKey } from '../support/doors.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const appSecrets = [Buffer.alloc(32, 'secret')];

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ appSecrets });
});
afterAll(() => app.close());

const DAY = 86_400;
const inSeconds = (seconds: number) => new Date(app.clock.now().getTime() + seconds * 1_000).toISOString();

test('expiresSoon is true for a usable key within 14 days before its expiry, or within EXPIRY_WARNING_DAYS', async () => {
  const { token } = await newKey(app, { expiresAt: inSeconds(14 * DAY + 1) });
  const expiresSoon = async (on = app) => (await on.ask(MyApiKeysDocument, {}, token)).myApiKeys.map((key) => key.expiresSoon);
  expect(await expiresSoon()).toEqual([false]);
  app.clock.advanceSeconds(1);
  expect(await expiresSoon()).toEqual([true]);
  const three = await startTestApp({ databaseUrl: app.databaseUrl, appSecrets, clock: app.clock, env: { EXPIRY_WARNING_DAYS: '3' } });
  expect(await expiresSoon(three)).toEqual([false]);
  await three.close();
});

test('expiresSoon is false for a revoked key, for an expired key and for a key without an expiry', async () => {
  const [lasting, revoked, expired] = [
    await newKey(app),
    await newKey(app, { expiresAt: inSeconds(60) }),
    await newKey(app, { expiresAt: inSeconds(1) }),
  ];
  await app.ask(RevokeApiKeyDocument, { id: revoked.id }, revoked.token);
  app.clock.advanceSeconds(1);
  for (const { id, token } of [lasting, revoked, expired]) {
    expect((await app.ask(ApiKeyDocument, { id }, token)).apiKey?.expiresSoon).toBe(false);
  }
});

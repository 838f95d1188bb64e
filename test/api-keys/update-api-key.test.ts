import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ApiKeyDocument,
  CreateApiKeyDocument,
  RevokeApiKeyDocument,
  UpdateApiKeyDocument,
  type UpdateApiKeyInput,
} from '../generated/graphql.js';
import { DOORS, type MadeKey, newKey } from '../support/doors.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const update = ({ id, token }: MadeKey, input: UpdateApiKeyInput) => app.send(UpdateApiKeyDocument, { id, input }, { token });
const inSeconds = (seconds: number) => new Date(app.clock.now().getTime() + seconds * 1_000).toISOString();

const EVERYTHING = {
  name: 'a',
  scopes: ['a'],
  allowedCidrs: ['10.0.0.0/8'],
  rateLimit: { limit: 1, windowSeconds: 60 },
  metadata: { a: 1 },
};

describe('updateApiKey', () => {
  test.each<[string, UpdateApiKeyInput]>([
    ['no field', {}],
    ['the name', { name: 'b' }],
    ['the name to null', { name: null }],
    ['the scopes', { scopes: ['b:*', 'c'] }],
    ['the scopes to an empty list', { scopes: [] }],
    ['the allowed addresses', { allowedCidrs: ['::1'] }],
    ['the rate limit', { rateLimit: { limit: 9, windowSeconds: 9 } }],
    ['the rate limit to null', { rateLimit: null }],
    ['the metadata', { metadata: { b: [2] } }],
    ['the expiry', { expiresAt: '2026-06-01T00:00:00.000Z' }],
    ['the expiry to null', { expiresAt: null }],
    ['enabled to false', { enabled: false }],
  ])('changes %s, and no other field', async (_case, input) => {
    const created = await newKey(app, { ...EVERYTHING, expiresAt: inSeconds(3_600) });
    const { apiKey: before } = await app.ask(ApiKeyDocument, { id: created.id }, created.token);
    const answer = await update(created, input);
    const more = { ...(input.enabled === false && { status: 'DISABLED' }), ...('expiresAt' in input && { expiresSoon: false }) };
    const expected = { ...before, ...input, ...more };
    expect(answer.data?.updateApiKey.apiKey).toEqual(expected);
    expect((await app.ask(ApiKeyDocument, { id: created.id }, created.token)).apiKey).toEqual(expected);
  });

  test.each(Object.entries(DOORS))('takes effect at the next verification: %s', async (_endpoint, verify) => {
    const created = await newKey(app, { scopes: ['a'] });
    const next = async () => (await verify(app, { key: created.key, scopes: ['a'], ipAddress: '192.0.2.1' })).code;
    const codes = [await next()];
    for (const input of [
      { scopes: [] },
      { allowedCidrs: ['10.0.0.0/8'] },
      { enabled: false },
      { enabled: true, scopes: ['a'], allowedCidrs: [] },
    ]) {
      await update(created, input);
      codes.push(await next());
    }
    expect(codes).toEqual(['VALID', 'INSUFFICIENT_SCOPE', 'IP_NOT_ALLOWED', 'DISABLED', 'VALID']);
  });

  test('returns CONFLICT for a revoked or expired key, and does not change it', async () => {
    const revoked = await newKey(app);
    await app.ask(RevokeApiKeyDocument, { id: revoked.id }, revoked.token);
    const expired = await newKey(app, { expiresAt: inSeconds(1) });
    app.clock.advanceSeconds(1);
    for (const ended of [revoked, expired]) {
      const { apiKey: before } = await app.ask(ApiKeyDocument, { id: ended.id }, ended.token);
      expect(codesOf(await update(ended, { name: 'again', enabled: true, expiresAt: inSeconds(60) }))).toEqual(['CONFLICT']);
      expect((await app.ask(ApiKeyDocument, { id: ended.id }, ended.token)).apiKey).toEqual(before);
    }
  });

  test('does not revive a key that is revoked concurrently', async () => {
    const created = await newKey(app);
    const updates = Array.from({ length: 10 }, (_, n) => update(created, { enabled: true, name: `n${n}`, expiresAt: null }));
    const revoked = app.send(RevokeApiKeyDocument, { id: created.id }, { token: created.token });
    const answers = await Promise.all([...updates, revoked]);
    expect(answers.flatMap(codesOf).every((code) => code === 'CONFLICT')).toBe(true);
    expect((await app.ask(ApiKeyDocument, { id: created.id }, created.token)).apiKey?.status).toBe('REVOKED');
    expect(codesOf(await update(created, { enabled: true }))).toEqual(['CONFLICT']);
  });

  test('K6: returns FORBIDDEN for another user’s key without changing it, and NOT_FOUND for an unknown id', async () => {
    const created = await newKey(app);
    const stranger = await newKey(app);
    const answer = await app.send(UpdateApiKeyDocument, { id: created.id, input: { name: 'mine' } }, { token: stranger.token });
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    expect((await app.ask(ApiKeyDocument, { id: created.id }, created.token)).apiKey?.name).toBeNull();
    const nowhere = { ...created, id: '01900000-0000-7000-8000-000000000000' };
    expect(codesOf(await update(nowhere, { name: 'x' }))).toEqual(['NOT_FOUND']);
  });

  test.each<[string, UpdateApiKeyInput, string]>([
    ['null scopes', { scopes: null }, 'input.scopes'],
    ['null allowedCidrs', { allowedCidrs: null }, 'input.allowedCidrs'],
    ['null metadata', { metadata: null }, 'input.metadata'],
    ['null enabled', { enabled: null }, 'input.enabled'],
    ['an empty name', { name: '' }, 'input.name'],
    ['an expiry in the past', { expiresAt: '2020-01-01T00:00:00.000Z' }, 'input.expiresAt'],
  ])('G9: rejects %s', async (_case, input, path) => {
    const answer = await update(await newKey(app), input);
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
  });

  test('logs the user, the key prefix and the names of the changed fields, without their values', async () => {
    const created = await newKey(app);
    await update(created, { name: 'secret plans', scopes: ['a'], rateLimit: { limit: 5, windowSeconds: 60 } });
    const line =
      app
        .logs()
        .split('\n')
        .findLast((text) => text.includes('API key updated')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({
      userId: created.userId,
      keyPrefix: created.key.slice(0, 13),
      changed: ['name', 'scopes', 'rateLimit'],
    });
    expect(app.logs()).not.toContain('secret plans');
    expect(app.logs()).not.toContain('rateLimitWindowSeconds');
  });

  test('does not release the place of a disabled key in the limit', async () => {
    const one = await startTestApp({ env: { MAX_KEYS_PER_USER: '1' } });
    const { accessToken } = await one.newUser();
    const { createApiKey } = await one.ask(CreateApiKeyDocument, {}, accessToken);
    await one.ask(UpdateApiKeyDocument, { id: createApiKey.apiKey.id, input: { enabled: false } }, accessToken);
    expect(codesOf(await one.send(CreateApiKeyDocument, {}, { token: accessToken }))).toEqual(['API_KEY_LIMIT_REACHED']);
    await one.close();
  });
});

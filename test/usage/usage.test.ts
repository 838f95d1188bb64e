import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateApiKeyDocument,
  MyApiKeyHistoryRefusalsDocument,
  MyApiKeysWithUsageDocument,
  RevokeApiKeyDocument,
  VerifyApiKeyDocument,
} from '../generated/graphql.js';
import { DOORS, newKey } from '../support/doors.js';
import { queriesOf } from '../support/queries.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp; // Its clock starts at 2026-01-31T12:00:00Z.
beforeAll(async () => {
  app = await startTestApp({ env: { ACCESS_TOKEN_TTL_SECONDS: '86400' }, logQueries: true });
});
afterAll(() => app.close());

const usageOf = async (token: string, from: string, to: string, by: 'HOUR' | 'DAY') => {
  await app.usage.flush();
  return (await app.ask(MyApiKeysWithUsageDocument, { from, to, by }, token)).myApiKeys;
};

describe('ApiKey.usage', () => {
  test('counts verifyApiKey and /verify by hour and by day in UTC, with zeros for intervals without use', async () => {
    const { key, id, token } = await newKey(app, { scopes: ['a'] });
    for (const verify of Object.values(DOORS)) {
      await verify(app, { key });
      await verify(app, { key, scopes: ['b'] });
    }
    app.clock.advanceSeconds(2 * 3_600);
    await app.ask(VerifyApiKeyDocument, { input: { key, ipAddress: '192.0.2.7', userAgent: 'curl/8' } }, undefined);

    const [byHour] = await usageOf(token, '2026-01-31T12:30:00Z', '2026-01-31T14:00:00.001Z', 'HOUR');
    expect(byHour).toEqual({
      id,
      lastUsedAt: '2026-01-31T14:00:00.000Z',
      lastUsedIp: '192.0.2.7',
      lastUsedUserAgent: 'curl/8',
      usage: [
        { start: '2026-01-31T12:00:00.000Z', allowed: 2, refused: 2 },
        { start: '2026-01-31T13:00:00.000Z', allowed: 0, refused: 0 },
        { start: '2026-01-31T14:00:00.000Z', allowed: 1, refused: 0 },
      ],
    });
    const [byDay] = await usageOf(token, '2026-01-30T23:00:00Z', '2026-02-01T00:00:00Z', 'DAY');
    expect(byDay?.usage).toEqual([
      { start: '2026-01-30T00:00:00.000Z', allowed: 0, refused: 0 },
      { start: '2026-01-31T00:00:00.000Z', allowed: 3, refused: 2 },
    ]);
  });

  test('counts rejections by reason, without reasons that did not occur', async () => {
    const { key, id, token } = await newKey(app, { scopes: ['a'], allowedCidrs: ['127.0.0.1'] });
    for (const verify of Object.values(DOORS)) {
      await verify(app, { key, ipAddress: '127.0.0.1' });
      await verify(app, { key, ipAddress: '127.0.0.1', scopes: ['b'] });
      await verify(app, { key, ipAddress: '192.0.2.1' });
    }
    await app.ask(RevokeApiKeyDocument, { id }, token);
    await DOORS['/verify']?.(app, { key });
    await app.usage.flush();
    const window = { from: '2026-01-31T00:00:00Z', to: '2026-02-01T00:00:00Z', by: 'DAY' as const };
    const history = await app.ask(MyApiKeyHistoryRefusalsDocument, window, token);
    expect(history.myApiKeyHistory.edges[0]?.node.usage).toEqual([
      {
        refused: 5,
        refusals: [
          { code: 'REVOKED', count: 1 },
          { code: 'IP_NOT_ALLOWED', count: 2 },
          { code: 'INSUFFICIENT_SCOPE', count: 2 },
        ],
      },
    ]);
  });

  test('is zero, without a last use, for a key that was never presented with its correct plaintext', async () => {
    const { key, token } = await newKey(app);
    await app.ask(VerifyApiKeyDocument, { input: { key: `${key}x` } }, undefined);
    await app.ask(VerifyApiKeyDocument, { input: { key: key.slice(0, -6) } }, undefined);
    expect(await usageOf(token, '2026-01-31T00:00:00Z', '2026-02-01T00:00:00Z', 'DAY')).toMatchObject([
      { lastUsedAt: null, lastUsedIp: null, lastUsedUserAgent: null, usage: [{ allowed: 0, refused: 0 }] },
    ]);
  });

  test('is read for all keys by a constant number of queries', async () => {
    const { accessToken } = await app.newUser();
    const ask = async () => void (await usageOf(accessToken, '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z', 'DAY'));
    await app.ask(CreateApiKeyDocument, {}, accessToken);
    await ask();
    const withOne = await queriesOf(app, ask);
    for (let count = 0; count < 4; count += 1) await app.ask(CreateApiKeyDocument, {}, accessToken);
    const withFive = await queriesOf(app, ask);
    expect(withFive.length).toBe(withOne.length);
    expect(withFive.filter((sql) => sql.includes('api_key_usage'))).toHaveLength(2);
  });

  test.each([
    [
      'by day over more than 90 days',
      '2026-01-01T00:00:00Z',
      '2026-04-01T00:00:00.001Z',
      'DAY',
      'must be at most 90 days after from if usage is by day',
    ],
    [
      'by hour over more than 7 days',
      '2026-01-01T00:00:00Z',
      '2026-01-08T00:00:00.001Z',
      'HOUR',
      'must be at most 7 days after from if usage is by hour',
    ],
    ['before 1970', '0000-01-01T00:00:00Z', '0000-01-02T00:00:00Z', 'DAY', 'must not be before 1970'],
    ['of length 0', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 'DAY', 'must be after from'],
    ['that ends before it begins', '2026-01-02T00:00:00Z', '2026-01-01T00:00:00Z', 'HOUR', 'must be after from'],
  ] as const)('G9: rejects a period %s', async (_case, from, to, by, message) => {
    const { token } = await newKey(app);
    const answer = await app.send(MyApiKeysWithUsageDocument, { from, to, by }, { token });
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]?.extensions.fields).toEqual([{ path: message.includes('1970') ? 'from' : 'to', message }]);
  });

  test('has one entry per interval in the longest periods', async () => {
    const { token } = await newKey(app);
    const [byDay] = await usageOf(token, '2026-01-01T00:00:00Z', '2026-04-01T00:00:00Z', 'DAY');
    const [byHour] = await usageOf(token, '2026-01-01T00:00:00Z', '2026-01-08T00:00:00Z', 'HOUR');
    expect([byDay?.usage.length, byHour?.usage.length]).toEqual([90, 168]);
  });
});

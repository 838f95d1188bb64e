import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makePlaintextKey } from '../../src/platform/plaintext-key.js';
import { type CreateApiKeyInput, RevokeApiKeyDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { DOORS, newKey } from '../support/doors.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

/** Returns a key with the prefix of `key`, another secret and a valid checksum. */
const withOtherSecret = (key: string) => {
  const random = (bytes: number) => (bytes === 4 ? Buffer.from(key.slice(5, 13), 'hex') : Buffer.alloc(bytes, 7));
  return makePlaintextKey('amos', random).plaintextKey;
};

describe.each(Object.entries(DOORS))('%s', (_endpoint, verify) => {
  test('returns VALID for a usable key', async () => {
    const { key, id } = await newKey(app);
    expect(await verify(app, { key })).toEqual({ code: 'VALID', keyId: id });
  });

  test.each([
    ['a text that is not a key', () => 'hello'],
    ['a key with a typo', (key: string) => `${key.slice(0, 20)}${key[20] === 'x' ? 'y' : 'x'}${key.slice(21)}`],
    ['a key without its last character', (key: string) => key.slice(0, -1)],
    ['a key in upper case', (key: string) => key.toUpperCase()],
    ['a key prefix alone', (key: string) => key.slice(0, 13)],
    ['J6: an access token', (_key: string, token: string) => token],
    ['a text of 10,000 characters', () => 'a'.repeat(10_000)],
  ])('K1: returns MALFORMED for %s', async (_case, damage) => {
    const { key, token } = await newKey(app);
    expect(await verify(app, { key: damage(key, token) })).toEqual({ code: 'MALFORMED', keyId: null });
  });

  test('returns the same NOT_FOUND for an unknown prefix and for a wrong secret', async () => {
    const { key } = await newKey(app);
    const notFound = { code: 'NOT_FOUND', keyId: null };
    expect(await verify(app, { key: makePlaintextKey('amos').plaintextKey })).toEqual(notFound);
    expect(await verify(app, { key: withOtherSecret(key) })).toEqual(notFound);
    expect(await verify(app, { key: key.slice(0, -6) })).toEqual(notFound);
    expect((await verify(app, { key })).code).toBe('VALID');
  });

  test('returns REVOKED from the verification after the revocation', async () => {
    const { key, id, token } = await newKey(app);
    expect((await verify(app, { key })).code).toBe('VALID');
    await app.ask(RevokeApiKeyDocument, { id }, token);
    expect((await verify(app, { key })).code).toBe('REVOKED');
  });

  test('K9: returns EXPIRED from exactly the millisecond of the expiry', async () => {
    const { key } = await newKey(app, { expiresAt: new Date(app.clock.now().getTime() + 60_000).toISOString() });
    app.clock.advanceSeconds(59.999);
    expect((await verify(app, { key })).code).toBe('VALID');
    app.clock.advanceSeconds(0.001);
    expect((await verify(app, { key })).code).toBe('EXPIRED');
  });

  test.each(['infinity', '-infinity', '0044-03-15 BC', '12026-01-01'])(
    'K9: returns EXPIRED for the expiry %s, stored by hand',
    async (expiry) => {
      const { key, id } = await newKey(app);
      expect((await verify(app, { key })).code).toBe('VALID');
      await runSql(app.databaseUrl, 'UPDATE api_keys SET expires_at = $2::timestamptz WHERE id = $1', [id, expiry]);
      expect((await verify(app, { key })).code).toBe('EXPIRED');
    },
  );

  test('returns DISABLED while the key is disabled', async () => {
    const { key, id } = await newKey(app);
    await runSql(app.databaseUrl, 'UPDATE api_keys SET enabled = false WHERE id = $1', [id]);
    expect((await verify(app, { key })).code).toBe('DISABLED');
    await runSql(app.databaseUrl, 'UPDATE api_keys SET enabled = true WHERE id = $1', [id]);
    expect((await verify(app, { key })).code).toBe('VALID');
  });

  test('returns OWNER_DISABLED while the owner’s account is disabled', async () => {
    const { key, userId } = await newKey(app);
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = now() WHERE id = $1', [userId]);
    expect((await verify(app, { key })).code).toBe('OWNER_DISABLED');
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = NULL WHERE id = $1', [userId]);
    expect((await verify(app, { key })).code).toBe('VALID');
  });

  test.each([
    [['192.0.2.0/24'], '192.0.2.255', 'VALID'],
    [['192.0.2.0/24'], '192.0.3.0', 'IP_NOT_ALLOWED'],
    [['192.0.2.7'], '192.0.2.7', 'VALID'],
    [['192.0.2.7'], '192.0.2.70', 'IP_NOT_ALLOWED'],
    [['192.0.2.77/24'], '192.0.2.1', 'VALID'],
    [['0.0.0.0/0'], '203.0.113.9', 'VALID'],
    [['0.0.0.0/0'], '2001:db8::1', 'IP_NOT_ALLOWED'],
    [['::/0'], '203.0.113.9', 'IP_NOT_ALLOWED'],
    [['192.0.2.0/24'], '::ffff:192.0.2.9', 'VALID'],
    [['192.0.2.0/24'], '::ffff:c000:0209', 'VALID'],
    [['::ffff:192.0.2.0/120'], '192.0.2.9', 'VALID'],
    [['::ffff:192.0.2.0/120'], '192.0.3.9', 'IP_NOT_ALLOWED'],
    [['2001:db8::/33'], '2001:0DB8:7fff:0:0:0:0:1', 'VALID'],
    [['2001:db8::/33'], '2001:db8:8000::1', 'IP_NOT_ALLOWED'],
    [['fe80::/10'], 'fe80::1%eth0', 'VALID'],
    [['fe80::/10'], 'fe80::1%br-0.7', 'VALID'],
    [['192.0.2.0/24'], 'fe80::1%br-0.7', 'IP_NOT_ALLOWED'],
    [['10.0.0.0/8', '2001:db8::/32'], '2001:db8::9', 'VALID'],
    [[], '203.0.113.9', 'VALID'],
  ])('K11: for a key that allows %j, presented from %s, returns %s', async (allowedCidrs, ipAddress, code) => {
    const { key } = await newKey(app, { allowedCidrs });
    expect((await verify(app, { key, ipAddress })).code).toBe(code);
  });

  test.each<[string[], string[], string]>([
    [['orders:read'], ['orders:read'], 'VALID'],
    [['orders:read'], [], 'VALID'],
    [[], [], 'VALID'],
    [[], ['orders:read'], 'INSUFFICIENT_SCOPE'],
    [['orders:read'], ['orders:read', 'orders:write'], 'INSUFFICIENT_SCOPE'],
    [['orders:read', 'orders:write'], ['orders:write', 'orders:read'], 'VALID'],
    [['orders:read'], ['orders'], 'INSUFFICIENT_SCOPE'],
    [['orders'], ['orders:read'], 'INSUFFICIENT_SCOPE'],
    [['orders:read'], ['orders:read:all'], 'INSUFFICIENT_SCOPE'],
    [['orders:read'], ['Orders:read'], 'INSUFFICIENT_SCOPE'],
    [['orders:read'], [''], 'INSUFFICIENT_SCOPE'],
    [['orders:*'], ['orders:read', 'orders:read:all'], 'VALID'],
    [['orders:*'], ['orders'], 'INSUFFICIENT_SCOPE'],
    [['orders:*'], ['orders:'], 'INSUFFICIENT_SCOPE'],
    [['orders:*'], ['ordersx:read'], 'INSUFFICIENT_SCOPE'],
    [['orders:read'], ['orders:*'], 'INSUFFICIENT_SCOPE'],
    [['a:b:*'], ['a:c:d'], 'INSUFFICIENT_SCOPE'],
  ])('K10: for granted scopes %j and required scopes %j, returns %s', async (granted, required, code) => {
    const { key } = await newKey(app, { scopes: granted });
    expect((await verify(app, { key, scopes: required })).code).toBe(code);
  });

  test('returns RATE_LIMITED after the last allowed verification, until the window that began with the first one ends', async () => {
    const { key } = await newKey(app, { rateLimit: { limit: 2, windowSeconds: 60 }, scopes: ['a'] });
    expect((await verify(app, { key, scopes: ['b'] })).code).toBe('INSUFFICIENT_SCOPE'); // Consumes nothing.
    expect((await verify(app, { key })).code).toBe('VALID');
    app.clock.advanceSeconds(30);
    expect((await verify(app, { key })).code).toBe('VALID');
    expect((await verify(app, { key })).code).toBe('RATE_LIMITED');
    app.clock.advanceSeconds(29.999);
    expect((await verify(app, { key })).code).toBe('RATE_LIMITED');
    app.clock.advanceSeconds(0.001);
    expect((await verify(app, { key })).code).toBe('VALID');
  });

  test('returns the first outcome in the order of precedence if several apply', async () => {
    const input: CreateApiKeyInput = {
      expiresAt: new Date(app.clock.now().getTime() + 60_000).toISOString(),
      allowedCidrs: ['192.0.2.0/24'],
      rateLimit: { limit: 1, windowSeconds: 3_600 },
    };
    const { key, id, userId, token } = await newKey(app, input);
    const question = { key, scopes: ['a'], ipAddress: '203.0.113.9' };
    const codes: string[] = [];
    const next = async () => codes.push((await verify(app, question)).code);
    const change = (sql: string, parameter: string) => runSql(app.databaseUrl, sql, [parameter]);

    await verify(app, { key, ipAddress: '192.0.2.1' }); // Consumes the rate limit.
    question.ipAddress = '192.0.2.1';
    question.scopes = [];
    await next();
    question.scopes = ['a'];
    await next();
    question.ipAddress = '203.0.113.9';
    await next();
    await change('UPDATE users SET disabled_at = now() WHERE id = $1', userId);
    await next();
    await change('UPDATE api_keys SET enabled = false WHERE id = $1', id);
    await next();
    app.clock.advanceSeconds(60);
    await next();
    await change('UPDATE users SET disabled_at = NULL WHERE id = $1', userId);
    await app.ask(RevokeApiKeyDocument, { id }, token);
    await next();
    expect(codes).toEqual(['RATE_LIMITED', 'INSUFFICIENT_SCOPE', 'IP_NOT_ALLOWED', 'OWNER_DISABLED', 'DISABLED', 'EXPIRED', 'REVOKED']);
  });
});

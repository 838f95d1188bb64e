import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateApiKeyDocument, VerifyApiKeyDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { forgetFingerprint, newKey } from '../support/doors.js';
import { queriesOf } from '../support/queries.js';
import { newService } from '../support/services.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

const STATIC_TOKEN = 'a-static-verifier-token';

let app: TestApp;
let replica: TestApp;
let open: TestApp;
beforeAll(async () => {
  app = await startTestApp({ env: { VERIFIER_TOKENS: STATIC_TOKEN }, logQueries: true });
  replica = await startTestApp({ databaseUrl: app.databaseUrl, clock: app.clock, env: { VERIFY_ACCESS: 'restricted' } });
  open = await startTestApp({
    databaseUrl: app.databaseUrl,
    clock: app.clock,
    env: { VERIFIER_TOKENS: STATIC_TOKEN, VERIFY_ACCESS: 'open' },
  });
});
afterAll(async () => {
  for (const each of [app, replica, open]) await each.close();
});

interface Sent {
  key: string;
  token?: string;
  ipAddress?: string;
  header?: 'x-verifier-token' | 'authorization';
}

/** Asks `verifyApiKey`. Returns the outcome, or the code of the error with the permission that is lacking. */
async function ask(server: TestApp, { key, token, ipAddress, header = 'x-verifier-token' }: Sent): Promise<string> {
  const value = header === 'authorization' ? `Bearer ${token}` : (token ?? '');
  const headers = token === undefined ? {} : { [header]: value };
  const { data, errors } = await server.send(VerifyApiKeyDocument, { input: { key } }, { headers, ...(ipAddress && { ipAddress }) });
  const [error] = errors;
  if (!error) return data?.verifyApiKey.code ?? '';
  const { code, requiredPermission } = error.extensions;
  return `${code}${requiredPermission === undefined ? '' : ` ${requiredPermission}`}`;
}

/** Asks `/verify`. Returns the status and the code. */
async function gateway(server: TestApp, { key, token, ipAddress = '127.0.0.1' }: Sent, headers = {}): Promise<string> {
  const response = await server.http.inject({
    url: '/verify',
    headers: { 'x-api-key': key, ...(token && { 'x-verifier-token': token }), ...headers },
    remoteAddress: ipAddress,
  });
  return `${response.statusCode} ${response.json().code}`;
}

const usageOf = (keyId: string) => runSql(app.databaseUrl, 'SELECT allowed, refused FROM api_key_usage WHERE key_id = $1', [keyId]);

describe('S2: a service token with keys:verify', () => {
  test('is a verifier token at both endpoints', async () => {
    const { key } = await newKey(app);
    const { token } = await newService(app, ['keys:verify']);
    for (const server of [app, replica, open]) {
      expect(await ask(server, { key, token })).toBe('VALID');
      expect(await ask(server, { key, token, header: 'authorization' })).toBe('VALID');
      expect(await gateway(server, { key, token })).toBe('200 VALID');
    }
  });

  test('gets 400 at /verify with an ambiguous or malformed X-Keyward-On-Behalf-Of, which other callers may send', async () => {
    const { key } = await newKey(app);
    const { token } = await newService(app, ['keys:verify']);
    for (const value of ['', '%', 'a b', ['a', 'b']]) {
      const headers = { 'x-keyward-on-behalf-of': value };
      expect(await gateway(app, { key, token }, headers)).toBe('400 BAD_REQUEST');
      expect(await gateway(app, { key, token: STATIC_TOKEN }, headers)).toBe('200 VALID');
    }
    expect(await gateway(app, { key, token }, { 'x-keyward-on-behalf-of': 'user-1' })).toBe('200 VALID');
  });

  test('is needed where verification is restricted, unless the caller has one of VERIFIER_TOKENS', async () => {
    const { key } = await newKey(app);
    for (const server of [app, replica]) {
      expect(await ask(server, { key })).toBe('VERIFIER_REFUSED');
      expect(await gateway(server, { key })).toBe('403 VERIFIER_REFUSED');
      expect(await gateway(server, { key: 'malformed' })).toBe('403 VERIFIER_REFUSED');
    }
    expect(await ask(app, { key, token: STATIC_TOKEN })).toBe('VALID');
    expect(await ask(replica, { key, token: STATIC_TOKEN })).toBe('VERIFIER_REFUSED');
    expect(await ask(open, { key })).toBe('VALID');
    expect(await gateway(open, { key })).toBe('200 VALID');
  });

  test('when revoked is rejected by the very next verification on every replica, which counts nothing', async () => {
    const { key, id } = await newKey(app, { rateLimit: { limit: 3, windowSeconds: 60 } });
    const { token, name } = await newService(app, ['keys:verify']);
    for (const server of [app, replica]) expect(await ask(server, { key, token })).toBe('VALID');
    await app.serviceTokens.revoke(name);
    for (const server of [app, replica, open]) {
      expect(await ask(server, { key, token })).toBe('VERIFIER_REFUSED');
      expect(await ask(server, { key, token, header: 'authorization' })).toBe('UNAUTHENTICATED');
      expect(await gateway(server, { key, token })).toBe('403 VERIFIER_REFUSED');
    }
    for (const server of [app, replica]) await server.usage.flush();
    expect(await usageOf(id)).toEqual([{ allowed: 2, refused: 0 }]);
    // The rate limit of this process has one use.
    const other = await newService(app, ['keys:verify']);
    const codes = [await ask(app, { key, ...other }), await ask(app, { key, ...other }), await ask(app, { key, ...other })];
    expect(codes).toEqual(['VALID', 'VALID', 'RATE_LIMITED']);
  });

  test('reveals nothing about a key without the permission', async () => {
    const { key, id } = await newKey(app);
    const { token } = await newService(app, ['users:act', 'keys:read']);
    for (const each of [key, 'malformed', `${key.slice(0, -1)}~`, 'x'.repeat(300)]) {
      expect(await ask(app, { key: each, token })).toBe('VERIFIER_REFUSED keys:verify');
      expect(await ask(app, { key: each, token, header: 'authorization' })).toBe('FORBIDDEN keys:verify');
      expect(await gateway(app, { key: each, token })).toBe('403 VERIFIER_REFUSED');
    }
    expect(await ask(open, { key, token })).toBe('VALID');
    const hashes = await app.metrics.getSingleMetricAsString('keyward_verification_bcrypt_total');
    await forgetFingerprint(app, id);
    expect(await ask(app, { key, token })).toBe('VERIFIER_REFUSED keys:verify');
    expect(await app.metrics.getSingleMetricAsString('keyward_verification_bcrypt_total')).toBe(hashes);
  });

  test('has its CIDRs compared with the peer of the socket at /verify, and with the caller’s address elsewhere', async () => {
    const { key } = await newKey(app);
    const proxied = await startTestApp({
      databaseUrl: app.databaseUrl,
      clock: app.clock,
      env: { VERIFY_ACCESS: 'restricted', TRUSTED_PROXIES: '10.0.0.1' },
    });
    const { token } = await newService(app, ['keys:verify'], { cidrs: ['10.0.0.0/24'] });
    const forwarded = { 'x-forwarded-for': '203.0.113.9' };
    expect(await gateway(proxied, { key, token, ipAddress: '10.0.0.1' }, forwarded)).toBe('200 VALID');
    expect(await gateway(proxied, { key, token, ipAddress: '203.0.113.9' })).toBe('403 VERIFIER_REFUSED');
    const send = (headers: Record<string, string>) =>
      proxied.send(VerifyApiKeyDocument, { input: { key } }, { ipAddress: '10.0.0.1', headers: { 'x-verifier-token': token, ...headers } });
    expect(codesOf(await send({}))).toEqual([]);
    expect(codesOf(await send(forwarded))).toEqual(['VERIFIER_REFUSED']);
    await proxied.close();
  });

  test('ends at its expiry and at the end of the overlap, without a change in the database', async () => {
    const { key } = await newKey(app);
    const expiring = await newService(app, ['keys:verify'], { expiresAt: new Date(app.clock.now().getTime() + 5_000) });
    const rotated = await newService(app, ['keys:verify']);
    const { plaintextToken: successor } = await app.serviceTokens.rotate(rotated.name, 5);
    for (const token of [expiring.token, rotated.token, successor]) expect(await ask(app, { key, token })).toBe('VALID');
    app.clock.advanceSeconds(5);
    for (const token of [expiring.token, rotated.token]) expect(await ask(app, { key, token })).toBe('VERIFIER_REFUSED');
    expect(await ask(app, { key, token: successor })).toBe('VALID');
  });

  test('is no API key, and an API key is no verifier token', async () => {
    const { key } = await newKey(app);
    const { token } = await newService(app, ['keys:verify']);
    expect(await ask(app, { key: token, token })).toBe('NOT_FOUND');
    expect(await ask(app, { key, token: key })).toBe('VERIFIER_REFUSED');
    expect(await gateway(app, { key, token: key })).toBe('403 VERIFIER_REFUSED');
  });

  test('is read together with the key: one query when both are new, one when both are in memory', async () => {
    const { token } = await newService(app, ['keys:verify']);
    const { accessToken } = await app.newUser();
    const { createApiKey } = await app.ask(CreateApiKeyDocument, {}, accessToken);
    const verify = () => ask(app, { key: createApiKey.plaintextKey, token });
    const first = await queriesOf(app, verify);
    expect(first.filter((query) => query.includes('verification_changes'))).toHaveLength(1);
    const second = await queriesOf(app, verify);
    expect(second.filter((query) => query.includes('verification_changes'))).toHaveLength(1);
    expect(second.filter((query) => /api_keys|service_tokens/.test(query))).toEqual([]);
    // A change of another token drops neither.
    const other = await newService(app, ['keys:verify']);
    expect(await ask(app, { key: createApiKey.plaintextKey, token: other.token })).toBe('VALID');
    await app.serviceTokens.revoke(other.name);
    expect((await queriesOf(app, verify)).filter((query) => /api_keys|service_tokens/.test(query))).toEqual([]);
  });
});

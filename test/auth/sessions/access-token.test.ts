import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { AccessTokens } from '../../../src/auth/sessions/access-token.js';
import { AppSecrets } from '../../../src/platform/secrets.js';
import { MeDocument } from '../../generated/graphql.js';
import { startTestApp } from '../../support/test-app.js';
import { TestClock } from '../../support/test-clock.js';

const clock = new TestClock();
const secret = randomBytes(32);
const [key] = new AppSecrets([secret]).keysFor('access-token');
const tokens = new AccessTokens({ keys: [key], clock, ttlSeconds: 900 });

const now = clock.now().getTime() / 1_000;
const PAYLOAD = { iss: 'keyward', aud: 'keyward', sub: 'user', sid: 'session', iat: now, exp: now + 900 };
const HEADER = { alg: 'HS256', typ: 'at+jwt' };

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Returns a token with any header and payload. It has a valid signature unless the options say otherwise. */
function forge(header: object, payload: object, { hash = 'sha256', signature }: { hash?: string; signature?: string } = {}): string {
  const content = `${encode(header)}.${encode(payload)}`;
  return `${content}.${signature ?? createHmac(hash, key).update(content).digest('base64url')}`;
}

describe('AccessTokens', () => {
  test('issues a token that names the user, the session and the expiry', () => {
    const { token, expiresAt } = tokens.issue({ userId: 'user', sessionId: 'session' });
    expect(tokens.verify(token)).toEqual({ userId: 'user', sessionId: 'session' });
    expect(expiresAt).toEqual(new Date((now + 900) * 1_000));
    expect(jwt.decode(token, { complete: true })).toMatchObject({ header: HEADER, payload: PAYLOAD });
  });

  test('accepts a token that this test signs, so that each forgery below fails for its own reason only', () => {
    expect(tokens.verify(forge(HEADER, PAYLOAD))).toEqual({ userId: 'user', sessionId: 'session' });
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  test.each([
    ['J1: alg none', forge({ ...HEADER, alg: 'none' }, PAYLOAD, { signature: '' }), 'signature'],
    ['J1: alg nOnE', forge({ ...HEADER, alg: 'nOnE' }, PAYLOAD, { signature: '' }), 'signature'],
    ['J1: an empty signature', forge(HEADER, PAYLOAD, { signature: '' }), 'signature'],
    ['J1: HS384 with the server’s secret', forge({ ...HEADER, alg: 'HS384' }, PAYLOAD, { hash: 'sha384' }), 'algorithm'],
    ['J1: HS512 with the server’s secret', forge({ ...HEADER, alg: 'HS512' }, PAYLOAD, { hash: 'sha512' }), 'algorithm'],
    ['J1: RS256', jwt.sign(PAYLOAD, rsa.privateKey, { algorithm: 'RS256', header: { alg: 'RS256', typ: 'at+jwt' } }), 'algorithm'],
    ['J1: another secret', jwt.sign(PAYLOAD, randomBytes(32), { header: { alg: 'HS256', typ: 'at+jwt' } }), 'signature'],
    ['J1: the server’s secret without key derivation', jwt.sign(PAYLOAD, secret, { header: { alg: 'HS256', typ: 'at+jwt' } }), 'signature'],
    ['J2: crit', forge({ ...HEADER, crit: ['exp'] }, PAYLOAD), 'critical header'],
    ['J2: cnf, which binds the token to another key', forge(HEADER, { ...PAYLOAD, cnf: { jkt: 'x' } }), 'proof of possession'],
    ['J3: no exp', forge(HEADER, { ...PAYLOAD, exp: undefined }), 'expiry missing'],
    ['J3: exp as a string', forge(HEADER, { ...PAYLOAD, exp: String(now + 900) }), 'malformed'],
    ['J3: exp at the current time', forge(HEADER, { ...PAYLOAD, exp: now }), 'expired'],
    ['J3: iat 31 s ahead', forge(HEADER, { ...PAYLOAD, iat: now + 31 }), 'not yet valid'],
    ['J3: no iat', forge(HEADER, { ...PAYLOAD, iat: undefined }), 'not yet valid'],
    ['J3: nbf ahead', forge(HEADER, { ...PAYLOAD, nbf: now + 31 }), 'not yet valid'],
    ['J3: another iss', forge(HEADER, { ...PAYLOAD, iss: 'somebody' }), 'issuer'],
    ['J3: no iss', forge(HEADER, { ...PAYLOAD, iss: undefined }), 'issuer'],
    ['J3: another aud', forge(HEADER, { ...PAYLOAD, aud: 'somebody' }), 'audience'],
    ['J3: no aud', forge(HEADER, { ...PAYLOAD, aud: undefined }), 'audience'],
    ['J3: typ JWT', forge({ ...HEADER, typ: 'JWT' }, PAYLOAD), 'type'],
    ['J3: no typ', forge({ alg: 'HS256' }, PAYLOAD), 'type'],
    ['a token without a user', forge(HEADER, { ...PAYLOAD, sub: undefined }), 'subject'],
    ['a token without a valid session id', forge(HEADER, { ...PAYLOAD, sid: 7 }), 'subject'],
    ['a token with a string as its payload', jwt.sign('text', key, { header: { alg: 'HS256', typ: 'at+jwt' } }), 'audience'],
    ['an empty token', '', 'malformed'],
    ['a token of two dots alone', '..', 'malformed'],
  ])('%s is rejected', (_case, token, rejection) => {
    expect(tokens.verify(token)).toEqual({ rejection });
  });

  test('J2: ignores jwk, jku, x5u and kid, and sends no request', () => {
    const header = {
      ...HEADER,
      jwk: { kty: 'oct', k: 'AAAA' },
      jku: 'http://127.0.0.1:9/',
      x5u: 'http://127.0.0.1:9/',
      kid: '../../etc/passwd',
    };
    expect(tokens.verify(forge(header, PAYLOAD))).toEqual({ userId: 'user', sessionId: 'session' });
    const other = randomBytes(32);
    const content = `${encode({ ...header, jwk: { kty: 'oct', k: other.toString('base64url') } })}.${encode(PAYLOAD)}`;
    expect(tokens.verify(`${content}.${createHmac('sha256', other).update(content).digest('base64url')}`)).toEqual({
      rejection: 'signature',
    });
  });

  test('J3: accepts an iat up to 30 s ahead, because the clocks of replicas differ', () => {
    expect(tokens.verify(forge(HEADER, { ...PAYLOAD, iat: now + 30 }))).toEqual({ userId: 'user', sessionId: 'session' });
  });
});

test('J5: APP_SECRETS=new,old accepts the tokens of the old secret, and signs new tokens with the new secret', async () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  const before = await startTestApp({ appSecrets: [older] });
  const user = await before.newUser();
  const options = { databaseUrl: before.databaseUrl, clock: before.clock };
  const rotated = await startTestApp({ ...options, appSecrets: [newer, older] });
  const after = await startTestApp({ ...options, appSecrets: [newer] });
  const statusOf = async (app: typeof before, token: string) => (await app.send(MeDocument, {}, { token })).status;

  expect(await statusOf(rotated, user.accessToken)).toBe(200);
  expect(await statusOf(after, user.accessToken)).toBe(401);
  const { RefreshSessionDocument } = await import('../../generated/graphql.js');
  const { refreshSession } = await rotated.ask(RefreshSessionDocument, { refreshToken: user.refreshToken });
  expect(await statusOf(after, refreshSession.accessToken)).toBe(200);
  expect((await after.ask(RefreshSessionDocument, { refreshToken: refreshSession.refreshToken })).refreshSession.user).toEqual(user.user);
  await Promise.all([before, rotated, after].map((app) => app.close()));
});

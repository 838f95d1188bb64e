import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { AccessTokens } from '../../src/auth/access-token.js';
import { AppSecrets } from '../../src/platform/secrets.js';
import { MeDocument } from '../generated/graphql.js';
import { startTestApp } from '../helpers/test-app.js';
import { TestClock } from '../helpers/test-clock.js';

const clock = new TestClock();
const secret = randomBytes(32);
const [key] = new AppSecrets([secret]).keysFor('access-token');
const tokens = new AccessTokens({ keys: [key], clock, ttlSeconds: 900 });

const now = clock.now().getTime() / 1_000;
const PAYLOAD = { iss: 'keyward', aud: 'keyward', sub: 'user', sid: 'session', iat: now, exp: now + 900 };
const HEADER = { alg: 'HS256', typ: 'at+jwt' };

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A token with any header and payload, rightly signed unless told otherwise. */
function forge(header: object, payload: object, { hash = 'sha256', signature }: { hash?: string; signature?: string } = {}): string {
  const content = `${encode(header)}.${encode(payload)}`;
  return `${content}.${signature ?? createHmac(hash, key).update(content).digest('base64url')}`;
}

describe('access tokens', () => {
  test('tell user and session, and when they expire', () => {
    const { token, expiresAt } = tokens.issue({ userId: 'user', sessionId: 'session' });
    expect(tokens.verify(token)).toEqual({ userId: 'user', sessionId: 'session' });
    expect(expiresAt).toEqual(new Date((now + 900) * 1_000));
    expect(jwt.decode(token, { complete: true })).toMatchObject({ header: HEADER, payload: PAYLOAD });
  });

  test('a token made by hand in the same form is good: the forgeries below fail for what they say', () => {
    expect(tokens.verify(forge(HEADER, PAYLOAD))).toEqual({ userId: 'user', sessionId: 'session' });
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  test.each([
    ['J1: alg none', forge({ ...HEADER, alg: 'none' }, PAYLOAD, { signature: '' })],
    ['J1: alg nOnE', forge({ ...HEADER, alg: 'nOnE' }, PAYLOAD, { signature: '' })],
    ['J1: an empty signature', forge(HEADER, PAYLOAD, { signature: '' })],
    ['J1: HS384 with the right secret', forge({ ...HEADER, alg: 'HS384' }, PAYLOAD, { hash: 'sha384' })],
    ['J1: HS512 with the right secret', forge({ ...HEADER, alg: 'HS512' }, PAYLOAD, { hash: 'sha512' })],
    ['J1: RS256', jwt.sign(PAYLOAD, rsa.privateKey, { algorithm: 'RS256', header: { alg: 'RS256', typ: 'at+jwt' } })],
    ['J1: another secret', jwt.sign(PAYLOAD, randomBytes(32), { header: { alg: 'HS256', typ: 'at+jwt' } })],
    ['J1: the server secret itself, underived', jwt.sign(PAYLOAD, secret, { header: { alg: 'HS256', typ: 'at+jwt' } })],
    ['J2: crit', forge({ ...HEADER, crit: ['exp'] }, PAYLOAD)],
    ['J3: no exp', forge(HEADER, { ...PAYLOAD, exp: undefined })],
    ['J3: exp as text', forge(HEADER, { ...PAYLOAD, exp: String(now + 900) })],
    ['J3: exp now', forge(HEADER, { ...PAYLOAD, exp: now })],
    ['J3: iat 31 s ahead', forge(HEADER, { ...PAYLOAD, iat: now + 31 })],
    ['J3: no iat', forge(HEADER, { ...PAYLOAD, iat: undefined })],
    ['J3: nbf ahead', forge(HEADER, { ...PAYLOAD, nbf: now + 31 })],
    ['J3: another iss', forge(HEADER, { ...PAYLOAD, iss: 'somebody' })],
    ['J3: no iss', forge(HEADER, { ...PAYLOAD, iss: undefined })],
    ['J3: another aud', forge(HEADER, { ...PAYLOAD, aud: 'somebody' })],
    ['J3: no aud', forge(HEADER, { ...PAYLOAD, aud: undefined })],
    ['J3: typ JWT', forge({ ...HEADER, typ: 'JWT' }, PAYLOAD)],
    ['J3: no typ', forge({ alg: 'HS256' }, PAYLOAD)],
    ['no user', forge(HEADER, { ...PAYLOAD, sub: undefined })],
    ['no session', forge(HEADER, { ...PAYLOAD, sid: 7 })],
    ['a text as payload', jwt.sign('text', key, { header: { alg: 'HS256', typ: 'at+jwt' } })],
    ['empty', ''],
    ['two dots', '..'],
  ])('%s is refused', (_case, token) => {
    expect(tokens.verify(token)).toBeNull();
  });

  test('J2: jwk, jku, x5u and kid are ignored, and nobody is asked', () => {
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
    expect(tokens.verify(`${content}.${createHmac('sha256', other).update(content).digest('base64url')}`)).toBeNull();
  });

  test('J3: iat up to 30 s ahead is another replica’s clock', () => {
    expect(tokens.verify(forge(HEADER, { ...PAYLOAD, iat: now + 30 }))).not.toBeNull();
  });
});

test('J5: with APP_SECRETS new,old the tokens of the old one still work, and new ones are made with the new one', async () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  const before = await startTestApp({ appSecrets: [older] });
  const user = await before.newUser();
  const options = { databaseUrl: before.databaseUrl, clock: before.clock };
  const rotated = await startTestApp({ ...options, appSecrets: [newer, older] });
  const after = await startTestApp({ ...options, appSecrets: [newer] });
  const statusOf = async (app: typeof before, token: string) => (await app.send(MeDocument, {}, { token })).status;

  expect(await statusOf(rotated, user.accessToken)).toBe(200);
  expect(await statusOf(after, user.accessToken)).toBe(401);
  const { RefreshSessionDocument } = await import('../generated/graphql.js');
  const { refreshSession } = await rotated.ask(RefreshSessionDocument, { refreshToken: user.refreshToken });
  expect(await statusOf(after, refreshSession.accessToken)).toBe(200);
  expect((await after.ask(RefreshSessionDocument, { refreshToken: refreshSession.refreshToken })).refreshSession.user).toEqual(user.user);
  await Promise.all([before, rotated, after].map((app) => app.close()));
});

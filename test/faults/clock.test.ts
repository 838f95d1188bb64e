import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CreateApiKeyDocument, MeDocument, RefreshSessionDocument, SignInDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { DOORS, newKey } from '../support/doors.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../support/test-app.js';

const HOUR = 3_600;

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.close());

const verify = async (key: string) => (await Object.values(DOORS)[1]?.(app, { key }))?.code;

describe.each([
  ['forwards', 5 * HOUR],
  ['backwards', -5 * HOUR],
])('when the clock jumps %s by hours', (_direction, seconds) => {
  test('a session continues: at most its access token is rejected, and it can be refreshed', async () => {
    const { accessToken, refreshToken } = await app.newUser();
    app.clock.advanceSeconds(seconds);
    expect(codesOf(await app.send(MeDocument, {}, { token: accessToken }))).toEqual(['UNAUTHENTICATED']);
    const { refreshSession } = await app.ask(RefreshSessionDocument, { refreshToken }, undefined);
    expect(codesOf(await app.send(MeDocument, {}, { token: refreshSession.accessToken }))).toEqual([]);
  });

  test('a rate limit blocks no key for longer than its window, and still limits', async () => {
    const { key } = await newKey(app, { rateLimit: { limit: 2, windowSeconds: 60 } });
    expect([await verify(key), await verify(key), await verify(key)]).toEqual(['VALID', 'VALID', 'RATE_LIMITED']);
    app.clock.advanceSeconds(seconds);
    expect([await verify(key), await verify(key), await verify(key)]).toEqual(['VALID', 'VALID', 'RATE_LIMITED']);
    app.clock.advanceSeconds(60);
    expect(await verify(key)).toBe('VALID');
  });

  test('failed sign-ins block no user for longer than their window, and are still limited', async () => {
    await app.newUser('ada@example.com');
    const fail = async () =>
      codesOf(await app.send(SignInDocument, { input: { email: 'ada@example.com', password: 'wrong horse battery staple' } }))[0];
    for (let count = 0; count < 10; count += 1) await fail();
    expect(await fail()).toBe('RATE_LIMITED');
    app.clock.advanceSeconds(seconds);
    for (let count = 0; count < 10; count += 1) expect(await fail()).toBe('INVALID_CREDENTIALS');
    expect(await fail()).toBe('RATE_LIMITED');
    app.clock.advanceSeconds(15 * 60);
    const signIn = await app.send(SignInDocument, { input: { email: 'ada@example.com', password: PASSWORD } });
    expect(codesOf(signIn)).toEqual([]);
  });

  test('usage is counted in the hour of each clock, none is lost, and the last use is the latest', async () => {
    const { key, id } = await newKey(app);
    const before = app.clock.now();
    await verify(key);
    app.clock.advanceSeconds(seconds);
    const after = app.clock.now();
    await verify(key);
    await verify(key);
    await app.usage.flush();
    const rows = await runSql(app.databaseUrl, 'SELECT allowed, last_at FROM api_key_usage WHERE key_id = $1 ORDER BY hour', [id]);
    const [early, late] = [before, after].sort((a, b) => a.getTime() - b.getTime());
    const counts = { [before.getTime()]: 1, [after.getTime()]: 2 };
    expect(rows).toEqual([early, late].map((at) => ({ allowed: counts[at?.getTime() ?? 0], last_at: at })));
  });

  test('keys can be created, and a key expires by the current clock', async () => {
    const expiresAt = new Date(app.clock.now().getTime() + HOUR * 1_000);
    const { key } = await newKey(app, { expiresAt: expiresAt.toISOString() });
    app.clock.advanceSeconds(seconds);
    expect(await verify(key)).toBe(seconds > 0 ? 'EXPIRED' : 'VALID');
    const { accessToken } = await app.newUser();
    const { createApiKey } = await app.ask(CreateApiKeyDocument, { input: {} }, accessToken);
    expect(await verify(createApiKey.plaintextKey)).toBe('VALID');
  });
});

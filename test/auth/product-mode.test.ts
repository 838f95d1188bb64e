import { afterEach, describe, expect, test } from '@jest/globals';
import { CreateApiKeyDocument, MeDocument, SignInDocument, SignUpDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { dataOf } from '../support/doors.js';
import { actingFor, newExternalId, newService } from '../support/services.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../support/test-app.js';

const apps: TestApp[] = [];
const start = async (env: Record<string, string>, databaseUrl?: string) => {
  const app = await startTestApp({ env, ...(databaseUrl !== undefined && { databaseUrl }) });
  apps.push(app);
  return app;
};
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

const SIGN_UP_WARNING = 'A service token exists, and sign-up is open';
const VERIFICATION_WARNING = 'A service token with the permission keys:verify exists, and verification is open';

describe('AUTH_MODE=product', () => {
  test('has no accounts of people, only services that act for users', async () => {
    const before = await start({});
    const { accessToken } = await before.newUser('ada@example.com');
    const app = await start({ AUTH_MODE: 'product' }, before.databaseUrl);
    const input = { email: 'ada@example.com', password: PASSWORD };
    expect(codesOf(await app.send(SignUpDocument, { input: { ...input, email: 'bob@example.com' } }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await app.send(SignInDocument, { input }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await app.send(MeDocument, {}, { token: accessToken }))).toEqual(['UNAUTHENTICATED']);
    const options = actingFor(await newService(app, ['users:act']), newExternalId());
    expect(codesOf(await app.send(CreateApiKeyDocument, {}, options))).toEqual([]);
    const { me } = dataOf(await app.send<{ me: unknown }, object>('{ me { issuer email } }', {}, options));
    expect(me).toEqual({ issuer: null, email: null });
  });

  test('does not start on a database with the ids of an identity provider, and names the command', async () => {
    const app = await start({});
    await runSql(app.databaseUrl, "UPDATE settings SET value = 'https://id.example.com/' WHERE name = 'external_id_issuer'");
    await expect(start({ AUTH_MODE: 'product' }, app.databaseUrl)).rejects.toThrow(
      'AUTH_MODE is product, but the external ids in this database belong to https://id.example.com/. If they mean the same people, run: keyward users change-issuer https://id.example.com/ product',
    );
  });
});

describe('the start warns', () => {
  test('if sign-up is open and a service token exists, and if a keys:verify token exists and verification is open', async () => {
    const app = await start({});
    for (const warning of [SIGN_UP_WARNING, VERIFICATION_WARNING]) expect(app.logs()).not.toContain(warning);
    await newService(app, ['users:act', 'keys:verify']);
    const open = await start({}, app.databaseUrl);
    for (const warning of [SIGN_UP_WARNING, VERIFICATION_WARNING]) expect(open.logs()).toContain(warning);
    const closed = await start({ SIGN_UP: 'closed', VERIFY_ACCESS: 'restricted' }, app.databaseUrl);
    const product = await start({ AUTH_MODE: 'product', VERIFY_ACCESS: 'restricted' }, app.databaseUrl);
    for (const each of [closed, product]) expect(each.logs()).not.toMatch(/A service token .* exists/);
  });

  test('about no token that is revoked', async () => {
    const app = await start({});
    const { name } = await newService(app, ['keys:verify']);
    await app.serviceTokens.revoke(name);
    expect((await start({}, app.databaseUrl)).logs()).not.toMatch(/A service token .*exists/);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuditLogDocument, CreateApiKeyDocument, MyPolicyDocument, VerifyApiKeyDocument } from '../../generated/graphql.js';
import { runSql } from '../../support/database.js';
import { dataOf } from '../../support/doors.js';
import { PolicyDesk } from '../../support/policy-desk.js';
import { queriesOf } from '../../support/queries.js';
import { codesOf, startTestApp, type TestApp } from '../../support/test-app.js';
import {
  AUDIENCE,
  claimsAt,
  ISSUER,
  type IssuerKey,
  type KeyServer,
  newKeyPair,
  signToken,
  startKeyServer,
} from '../../support/token-issuer.js';

const CLAIM = 'https://example.com/plan';

let key: IssuerKey;
let server: KeyServer;
let app: TestApp;
let desk: PolicyDesk;
beforeAll(async () => {
  key = await newKeyPair('ES256', 'key');
  server = await startKeyServer([key.publicJwk]);
  const env = { AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE, AUTH_JWKS_URL: server.url, AUTH_POLICY_CLAIM: CLAIM };
  app = await startTestApp({ env, logQueries: true });
  desk = await PolicyDesk.open(app);
  await desk.create({ name: 'free', scopes: ['orders:read'] });
  await desk.create({ name: 'pro', scopes: ['orders:*'] });
});
afterAll(async () => {
  await app.close();
  await server.close();
});

/** Returns a token that names a plan. @param ageSeconds how long ago it was issued; negative if the provider's clock is ahead */
const tokenOf = (sub: string, plan: unknown, { ageSeconds = 0, claims = {} }: { ageSeconds?: number; claims?: object } = {}) => {
  const valid = claimsAt(app.clock);
  return signToken(key, { ...valid, sub, iat: Number(valid.iat) - ageSeconds, exp: Number(valid.exp) + 3_600, [CLAIM]: plan, ...claims });
};
const policyOf = async (token: string) => (await app.ask(MyPolicyDocument, {}, token)).me.policy?.name ?? null;
const stored = async (sub: string) => {
  const sql =
    'SELECT p.name, u.policy_set_at AS "setAt", u.xmin FROM users u LEFT JOIN policies p ON p.id = u.policy_id WHERE external_id = $1';
  const [row] = await runSql<{ name: string | null; setAt: Date | null; xmin: string }>(app.databaseUrl, sql, [sub]);
  if (!row) throw new Error('no such user');
  return row;
};

describe('AUTH_POLICY_CLAIM', () => {
  test('sets the policy at the first request, which already goes by it, and records it', async () => {
    const sub = randomUUID();
    const token = await tokenOf(sub, 'free');
    const refused = await app.send(CreateApiKeyDocument, { input: { scopes: ['orders:write'] } }, { token });
    expect(codesOf(refused)).toEqual(['BAD_USER_INPUT']);
    expect(await policyOf(token)).toBe('free');
    const [{ id }] = (await runSql<{ id: string }>(app.databaseUrl, 'SELECT id FROM users WHERE external_id = $1', [sub])) as [
      { id: string },
    ];
    const { auditLog } = await app.ask(AuditLogDocument, { filter: { userId: id } }, desk.service.token);
    expect(auditLog.edges.map(({ node }) => [node.action, node.actor, node.details])).toEqual([
      ['USER_UPDATED', 'user', { changed: ['policy'], policy: 'free', issuer: ISSUER }],
      ['USER_SIGNED_UP', 'user', { issuer: ISSUER }],
    ]);
  });

  test('binds existing keys at the next verification after a newer token', async () => {
    const sub = randomUUID();
    const { createApiKey } = await app.ask(CreateApiKeyDocument, { input: { scopes: ['orders:write'] } }, await tokenOf(sub, 'pro'));
    const input = { key: createApiKey.plaintextKey, scopes: ['orders:write'] };
    const verify = async () => (await app.ask(VerifyApiKeyDocument, { input }, undefined)).verifyApiKey.code;
    expect(await verify()).toBe('VALID');
    app.clock.advanceSeconds(1);
    await policyOf(await tokenOf(sub, 'free'));
    expect(await verify()).toBe('INSUFFICIENT_SCOPE');
  });

  test('P1: an older token never undoes a later change, by a newer token or by the product', async () => {
    const sub = randomUUID();
    const [old, newer] = [await tokenOf(sub, 'pro', { ageSeconds: 60 }), await tokenOf(sub, 'free', { ageSeconds: 30 })];
    expect(await policyOf(old)).toBe('pro');
    expect(await policyOf(newer)).toBe('free');
    expect(await policyOf(old)).toBe('free');
    await desk.assign(sub, 'pro');
    expect(await policyOf(newer)).toBe('pro');
    await desk.assign(sub, null);
    expect(await policyOf(newer)).toBeNull();
    // A token of the same second is not known to be later.
    expect(await policyOf(await tokenOf(sub, 'free'))).toBeNull();
    app.clock.advanceSeconds(1);
    expect(await policyOf(await tokenOf(sub, 'free'))).toBe('free');
  });

  test('P1: an older token that was never sent does not undo a newer token without effect', async () => {
    const sub = randomUUID();
    await desk.assign(sub, 'free');
    app.clock.advanceSeconds(60);
    const [upgrade, downgrade] = [await tokenOf(sub, 'pro', { ageSeconds: 30 }), await tokenOf(sub, 'free', { ageSeconds: 10 })];
    expect(await policyOf(downgrade)).toBe('free');
    expect(await policyOf(upgrade)).toBe('free');
  });

  test('P1: a repeated setting by the product is later too', async () => {
    const sub = randomUUID();
    await desk.assign(sub, 'free');
    app.clock.advanceSeconds(60);
    const token = await tokenOf(sub, 'pro', { ageSeconds: 30 });
    await desk.assign(sub, 'free');
    expect(await policyOf(token)).toBe('free');
  });

  test('P1: a known token of a provider with a fast clock does not undo a change', async () => {
    const sub = randomUUID();
    const token = await tokenOf(sub, 'pro', { ageSeconds: -20 });
    expect(await policyOf(token)).toBe('pro');
    app.clock.advanceSeconds(10);
    await desk.assign(sub, 'free');
    app.clock.advanceSeconds(30);
    expect(await policyOf(token)).toBe('free');
  });

  test('writes once for a token, in any number of parallel requests', async () => {
    const sub = randomUUID();
    const token = await tokenOf(sub, 'pro');
    expect(await Promise.all(Array.from({ length: 8 }, () => policyOf(token)))).toEqual(Array(8).fill('pro'));
    const before = await stored(sub);
    await policyOf(token);
    expect(await stored(sub)).toEqual(before);
    const sql =
      "SELECT count(*)::int AS events FROM audit_events e JOIN users u ON u.id = e.user_id WHERE external_id = $1 AND action = 'USER_UPDATED'";
    expect(await runSql(app.databaseUrl, sql, [sub])).toEqual([{ events: 1 }]);
  });

  test('P1: of parallel tokens in any order, the token with the latest time of issue wins', async () => {
    for (let round = 0; round < 5; round += 1) {
      const sub = randomUUID();
      const ages = [50, 10, 40, 20, 30];
      const tokens = await Promise.all(ages.map((ageSeconds) => tokenOf(sub, ageSeconds === 10 ? 'pro' : 'free', { ageSeconds })));
      await Promise.all(tokens.map(policyOf));
      expect((await stored(sub)).name).toBe('pro');
    }
  });

  test.each([['unknown'], ['Not A Name'], [{ plan: 'pro' }], [42], [['pro']], ['x\u0000y'], ['x'.repeat(1_000)]])(
    'leaves the user as they are if the claim is %j, and logs it',
    async (plan) => {
      const sub = randomUUID();
      await desk.assign(sub, 'free');
      app.clock.advanceSeconds(1);
      const before = app.logs().split('policy in a token unknown').length;
      expect(await policyOf(await tokenOf(sub, plan))).toBe('free');
      expect(app.logs().split('policy in a token unknown').length).toBeGreaterThan(before);
      expect(app.logs()).not.toMatch(/Not A Name|x{100}/);
    },
  );

  test('finds a policy at most 5 s after its creation, although its name was unknown before', async () => {
    const token = await tokenOf(randomUUID(), 'later');
    expect(await policyOf(token)).toBeNull();
    await desk.create({ name: 'later' });
    app.clock.advanceSeconds(5);
    expect(await policyOf(token)).toBe('later');
  });

  test('asks the database once in 5 s for an unknown name, however many requests name it', async () => {
    const token = await tokenOf(randomUUID(), 'nowhere');
    await policyOf(token);
    app.clock.advanceSeconds(5);
    const ask = async (count: number) => {
      const queries = await queriesOf(app, async () => {
        for (let index = 0; index < count; index += 1) await policyOf(token);
      });
      return queries.filter((sql) => sql.includes('"policies"') && sql.includes('"name" = $1')).length;
    };
    expect(await ask(4)).toBe(1);
    expect(await ask(4)).toBe(0);
    app.clock.advanceSeconds(5);
    expect(await ask(4)).toBe(1);
  });

  test.each([
    ['without the claim', { [CLAIM]: undefined }],
    ['with null', { [CLAIM]: null }],
    ['without a time of issue', { iat: undefined }],
  ])('leaves the user as they are by a token %s', async (_name, claims) => {
    const sub = randomUUID();
    await desk.assign(sub, 'free');
    app.clock.advanceSeconds(1);
    expect(await policyOf(await tokenOf(sub, 'pro', { claims }))).toBe('free');
  });

  test('does not set the policy of a disabled user', async () => {
    const sub = randomUUID();
    await desk.assign(sub, 'free');
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = now() WHERE external_id = $1', [sub]);
    app.clock.advanceSeconds(1);
    expect(codesOf(await app.send(MyPolicyDocument, {}, { token: await tokenOf(sub, 'pro') }))).toEqual(['UNAUTHENTICATED']);
    expect((await stored(sub)).name).toBe('free');
  });

  test('sets no policy if the setting is unset', async () => {
    const other = await startTestApp({ env: { AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE, AUTH_JWKS_URL: server.url } });
    await (await PolicyDesk.open(other)).create({ name: 'pro' });
    const token = await signToken(key, { ...claimsAt(other.clock), [CLAIM]: 'pro' });
    expect(dataOf(await other.send(MyPolicyDocument, {}, { token })).me.policy).toBeNull();
    await other.close();
  });
});

import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateApiKeyDocument,
  CreatePortalSessionDocument,
  type CreatePortalSessionInput,
  EndPortalSessionDocument,
  MeDocument,
  MyApiKeysDocument,
  MyAuditLogDocument,
  MyPortalPermissionsDocument,
  RevokeApiKeyDocument,
  SignOutDocument,
  UpdateApiKeyDocument,
} from '../../generated/graphql.js';
import { runSql } from '../../support/database.js';
import { dataOf, newKey } from '../../support/doors.js';
import { newPortalSession } from '../../support/portal-sessions.js';
import { queriesOf } from '../../support/queries.js';
import { actingFor, newExternalId, newService, type TestService } from '../../support/services.js';
import { type Answer, codesOf, type RequestOptions, startTestApp, type TestApp } from '../../support/test-app.js';

const SECRET = randomBytes(32);
const ORIGIN = 'https://app.example.com';

let app: TestApp;
let replica: TestApp;
let backend: TestService;
beforeAll(async () => {
  app = await startTestApp({ appSecrets: [SECRET], logQueries: true });
  replica = await startTestApp({ databaseUrl: app.databaseUrl, clock: app.clock, appSecrets: [SECRET] });
  backend = await newService(app, ['users:act'], { name: 'backend' });
});
afterAll(async () => {
  await app.close();
  await replica.close();
});

/** Asks both replicas who the caller is, and returns the codes of their errors. */
const codesFor = async (options: RequestOptions): Promise<string[]> =>
  [await app.send(MeDocument, {}, options), await replica.send(MeDocument, {}, options)].flatMap(codesOf);

const REJECTED = ['UNAUTHENTICATED', 'UNAUTHENTICATED'];

const create = (input: object): Promise<Answer<{ createPortalSession: { portalSessionId: string } }>> =>
  app.send(String(CreatePortalSessionDocument), { input: { externalId: newExternalId(), permissions: [], ...input } }, backend);

const end = (id: string) => app.send(EndPortalSessionDocument, { id }, { token: backend.token });

/** Signs claims as Keyward does, with changes. */
function signed(claims: object, { header = {}, purpose = 'portal-session' } = {}): string {
  const key = Buffer.from(hkdfSync('sha256', SECRET, '', `keyward ${purpose} v1`, 32));
  const [head, body] = [{ alg: 'HS256', typ: 'portal+jwt', ...header }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${head}.${body}.${createHmac('sha256', key).update(`${head}.${body}`).digest('base64url')}`;
}

const claimsIn = (token: string): Record<string, unknown> => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('createPortalSession', () => {
  test('returns a token for the user, and creates the user if no user has the external ID', async () => {
    const externalId = newExternalId();
    const { token, userId, id } = await newPortalSession(app, backend, { externalId });
    expect(dataOf(await app.send(MeDocument, {}, { token })).me.id).toBe(userId);
    const again = await newPortalSession(app, backend, { externalId });
    expect(again).toMatchObject({ userId });
    expect(again.id).not.toBe(id);
    expect(claimsIn(token)).toMatchObject({ iss: 'keyward', aud: `portal-session:${id}`, sub: userId });
    expect(token.length).toBeLessThan(500);
  });

  test('ends after 900 seconds, or at the requested time', async () => {
    const now = Math.floor(app.clock.now().getTime() / 1_000);
    const expiryOf = async (input: object) => {
      const answer = await app.send(
        CreatePortalSessionDocument,
        { input: { externalId: newExternalId(), permissions: [], ...input } },
        { token: backend.token },
      );
      return new Date(dataOf(answer).createPortalSession.expiresAt).getTime() / 1_000 - now;
    };
    expect(await expiryOf({})).toBe(900);
    expect(await expiryOf({ expiresInSeconds: 60 })).toBe(60);
    expect(await expiryOf({ expiresInSeconds: 3_600 })).toBe(3_600);
  });

  test.each<[string, object, string]>([
    ['an empty external ID', { externalId: '' }, 'input.externalId'],
    ['an external ID of 256 characters', { externalId: 'x'.repeat(256) }, 'input.externalId'],
    ['an external ID with a control character', { externalId: 'a\u0000b' }, 'input.externalId'],
    ['a lifetime of 59 s', { expiresInSeconds: 59 }, 'input.expiresInSeconds'],
    ['a lifetime of 3,601 s', { expiresInSeconds: 3_601 }, 'input.expiresInSeconds'],
    ['an origin with a path', { origin: `${ORIGIN}/` }, 'input.origin'],
    ['an origin in upper case', { origin: 'https://APP.example.com' }, 'input.origin'],
    ['an origin with its default port', { origin: `${ORIGIN}:443` }, 'input.origin'],
    ['the origin null', { origin: 'null' }, 'input.origin'],
    ['an empty origin', { origin: '' }, 'input.origin'],
    ['every origin', { origin: '*' }, 'input.origin'],
    ['an empty actor', { actor: ' ' }, 'input.actor'],
    ['an actor with a line break', { actor: 'a\nb' }, 'input.actor'],
  ])('rejects %s, and creates no user', async (_name, input, path) => {
    const externalId = newExternalId();
    const answer = await create({ externalId, ...input });
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]?.extensions.fields).toEqual([{ path, message: expect.any(String) }]);
    expect(await runSql(app.databaseUrl, 'SELECT FROM users WHERE external_id = $1', [externalId])).toEqual([]);
  });

  test('is FORBIDDEN for a disabled user', async () => {
    const { externalId, userId } = await newPortalSession(app, backend);
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = now() WHERE id = $1', [userId]);
    expect(codesOf(await create({ externalId }))).toEqual(['FORBIDDEN']);
  });

  test('is recorded in the audit log of the user, without the token', async () => {
    const { id, token } = await newPortalSession(app, backend, { permissions: ['AUDIT_READ'], origin: ORIGIN, actor: 'ada' });
    const log = await app.send<{ myAuditLog: { edges: { node: object }[] } }, object>(
      '{ myAuditLog { edges { node { action actor details } } } }',
      {},
      { token, headers: { origin: ORIGIN } },
    );
    expect(dataOf(log).myAuditLog.edges[0]?.node).toMatchObject({
      action: 'PORTAL_SESSION_CREATED',
      actor: 'service:backend',
      details: { portalSessionId: id, permissions: ['AUDIT_READ'], origin: ORIGIN },
    });
    for (const part of token.split('.')) {
      expect(log.text).not.toContain(part);
      expect(app.logs()).not.toContain(part.slice(-20));
    }
  });

  test('keeps at most 20 live sessions of a user, also of 40 that are created at the same time, and ends the oldest', async () => {
    const externalId = newExternalId();
    const first = await newPortalSession(app, backend, { externalId });
    app.clock.advanceSeconds(1);
    const sessions = await Promise.all(Array.from({ length: 40 }, () => newPortalSession(app, backend, { externalId })));
    expect(await codesFor(first)).toEqual(REJECTED);
    const alive = await Promise.all(sessions.map(async ({ token }) => codesOf(await app.send(MeDocument, {}, { token })).length === 0));
    expect(alive.filter(Boolean)).toHaveLength(20);
    const { token } = sessions[alive.lastIndexOf(true)] ?? first;
    const { edges } = dataOf(await app.send(MyAuditLogDocument, {}, { token })).myAuditLog;
    expect(edges.filter(({ node }) => node.action === 'PORTAL_SESSION_ENDED')).toHaveLength(21);
    // The sessions of other users, and expired ones, do not count.
    app.clock.advanceSeconds(900);
    const next = await newPortalSession(app, backend, { externalId });
    expect(await codesFor(next)).toEqual([]);
  });

  test('creates one user by 20 parallel requests', async () => {
    const externalId = newExternalId();
    const sessions = await Promise.all(Array.from({ length: 20 }, () => newPortalSession(app, backend, { externalId })));
    expect(new Set(sessions.map(({ userId }) => userId)).size).toBe(1);
  });
});

describe('S4: a portal session', () => {
  test('uses every operation that its permissions list, for its user alone', async () => {
    const { token, externalId, userId } = await newPortalSession(app, backend);
    const { createApiKey } = dataOf(await app.send(CreateApiKeyDocument, { input: { name: 'CI' } }, { token }));
    const { id } = createApiKey.apiKey;
    expect(dataOf(await app.send(MyApiKeysDocument, {}, { token })).myApiKeys.map((key) => key.id)).toEqual([id]);
    expect(dataOf(await app.send(RevokeApiKeyDocument, { id }, { token })).revokeApiKey.apiKey.status).toBe('REVOKED');
    const { edges } = dataOf(await app.send(MyAuditLogDocument, {}, { token })).myAuditLog;
    expect(edges.map(({ node }) => [node.action, node.actor])).toEqual([
      ['API_KEY_REVOKED', 'user'],
      ['API_KEY_CREATED', 'user'],
      ['PORTAL_SESSION_CREATED', 'service:backend'],
      ['USER_CREATED', 'service:backend'],
    ]);
    const [owner] = await runSql<{ id: string }>(app.databaseUrl, 'SELECT id FROM users WHERE external_id = $1', [externalId]);
    expect(owner?.id).toBe(userId);
  });

  test('reads its own permissions, and any other caller reads null', async () => {
    const { token, externalId } = await newPortalSession(app, backend, { permissions: ['KEYS_READ', 'KEYS_ROTATE'] });
    const permissionsFor = async (options: RequestOptions) => dataOf(await app.send(MyPortalPermissionsDocument, {}, options));
    expect(await permissionsFor({ token })).toEqual({ myPortalPermissions: ['KEYS_READ', 'KEYS_ROTATE'] });
    expect(await permissionsFor(actingFor(backend, externalId))).toEqual({ myPortalPermissions: null });
  });

  test('cannot use a key of another user', async () => {
    const other = await newKey(app);
    const { token } = await newPortalSession(app, backend);
    expect(codesOf(await app.send(RevokeApiKeyDocument, { id: other.id }, { token }))).toEqual(['FORBIDDEN']);
    // The headers with which a service acts for a user are ignored.
    const options = { token, headers: { 'x-keyward-on-behalf-of': 'someone-else', 'x-keyward-actor': '%' } };
    expect(dataOf(await app.send(MyApiKeysDocument, {}, options)).myApiKeys).toEqual([]);
  });

  test('records the actor that the service named, for what is done with it and as the creator of a key', async () => {
    const { token } = await newPortalSession(app, backend, { actor: 'zoë@example.com' });
    const headers = { 'x-keyward-actor': 'mallory' };
    const { createApiKey } = dataOf(await app.send(CreateApiKeyDocument, {}, { token, headers, ipAddress: '203.0.113.9' }));
    const created = await app.send(`{ apiKey(id: "${createApiKey.apiKey.id}") { createdBy } }`, {}, { token });
    expect(created.data).toEqual({ apiKey: { createdBy: 'zoë@example.com' } });
    const { edges } = dataOf(await app.send(MyAuditLogDocument, {}, { token })).myAuditLog;
    expect(edges[0]?.node).toMatchObject({
      action: 'API_KEY_CREATED',
      actor: 'service:backend/zoë@example.com',
      ipAddress: '203.0.113.9',
    });
    expect(app.logs()).not.toContain('zoë@example.com');
  });

  test.each([null, 'ada'])('S5: cannot set trustedMetadata, with the actor %j', async (actor) => {
    const { token } = await newPortalSession(app, backend, { actor });
    const input = { trustedMetadata: { plan: 'gold' } };
    expect(codesOf(await app.send(CreateApiKeyDocument, { input }, { token }))).toEqual(['FORBIDDEN']);
    const { apiKey } = dataOf(await app.send(CreateApiKeyDocument, {}, { token })).createApiKey;
    expect(codesOf(await app.send(UpdateApiKeyDocument, { id: apiKey.id, input }, { token }))).toEqual(['FORBIDDEN']);
  });

  test('is ended at the next request on every replica, and ending it again changes nothing', async () => {
    const session = await newPortalSession(app, backend);
    const other = await newPortalSession(app, backend, { externalId: session.externalId });
    expect(await codesFor(session)).toEqual([]);
    for (let times = 0; times < 2; times += 1) expect(dataOf(await end(session.id))).toEqual({ endPortalSession: { ended: true } });
    expect(await codesFor(session)).toEqual(REJECTED);
    const { edges } = dataOf(await app.send(MyAuditLogDocument, {}, other)).myAuditLog;
    expect(edges.map(({ node }) => node.action).filter((action) => action === 'PORTAL_SESSION_ENDED')).toHaveLength(1);
    for (const id of ['01a20538-5745-77c0-8216-711042d53509', 'x']) expect(codesOf(await end(id))).toEqual(['NOT_FOUND']);
  });

  test('is rejected from exactly its expiry', async () => {
    const session = await newPortalSession(app, backend, { expiresInSeconds: 60 });
    app.clock.advanceSeconds(59);
    expect(await codesFor(session)).toEqual([]);
    app.clock.advanceSeconds(1);
    expect(await codesFor(session)).toEqual(REJECTED);
  });

  test('is rejected with the expiry -infinity, stored by hand', async () => {
    const { token, id } = await newPortalSession(app, backend);
    await runSql(app.databaseUrl, `UPDATE portal_sessions SET expires_at = '-infinity' WHERE id = $1`, [id]);
    expect(await codesFor({ token })).toEqual(REJECTED);
  });

  test('ends when its service token is revoked or expires, and not when the token is rotated', async () => {
    const revoked = await newService(app, ['users:act']);
    const session = await newPortalSession(app, revoked);
    await app.serviceTokens.rotate(revoked.name, 0);
    expect(await codesFor(session)).toEqual([]);
    await app.serviceTokens.revoke(revoked.name);
    expect(await codesFor(session)).toEqual(REJECTED);

    const expiring = await newService(app, ['users:act'], { expiresAt: new Date(app.clock.now().getTime() + 10_000) });
    const other = await newPortalSession(app, expiring);
    app.clock.advanceSeconds(9);
    expect(await codesFor(other)).toEqual([]);
    app.clock.advanceSeconds(1);
    expect(await codesFor(other)).toEqual(REJECTED);
  });

  test.each([
    ['A7: its user is disabled', 'UPDATE users SET disabled_at = now() WHERE id = $1'],
    ['its user is deleted', 'DELETE FROM users WHERE id = $1'],
    ['its row is deleted', 'DELETE FROM portal_sessions WHERE user_id = $1'],
  ])('is rejected at the next request on every replica after %s', async (_name, sql) => {
    const session = await newPortalSession(app, backend);
    expect(await codesFor(session)).toEqual([]);
    await runSql(app.databaseUrl, sql, [session.userId]);
    expect(await codesFor(session)).toEqual(REJECTED);
  });

  test.each([
    ['without an Origin', {}],
    ['from another origin', { origin: 'https://evil.example.com' }],
    ['from the origin null', { origin: 'null' }],
    ['from the origin in another scheme', { origin: 'http://app.example.com' }],
    ['from the origin at another port', { origin: `${ORIGIN}:8443` }],
    ['from a subdomain', { origin: 'https://x.app.example.com' }],
    ['from the origin as a prefix', { origin: `${ORIGIN}.evil.com` }],
    ['with two origins', { origin: `${ORIGIN}, ${ORIGIN}` }],
    ['with the origin as its referrer only', { referer: `${ORIGIN}/keys` }],
  ])('that is bound to an origin is UNAUTHENTICATED %s', async (_name, headers) => {
    const { token } = await newPortalSession(app, backend, { origin: ORIGIN });
    expect(await codesFor({ token, headers: { origin: ORIGIN } })).toEqual([]);
    const answer = await app.send(MeDocument, {}, { token, headers: headers as Record<string, string> });
    expect([answer.status, codesOf(answer)]).toEqual([401, ['UNAUTHENTICATED']]);
  });

  test('that is bound to no origin is accepted with and without an Origin', async () => {
    const { token } = await newPortalSession(app, backend);
    for (const headers of [{}, { origin: ORIGIN }, { origin: 'null' }] as Record<string, string>[]) {
      expect(await codesFor({ token, headers })).toEqual([]);
    }
  });

  test('is read with its user and its service token in one query', async () => {
    const { token } = await newPortalSession(app, backend);
    const queries = await queriesOf(app, () => app.send(MeDocument, {}, { token }));
    expect(queries.filter((query) => /portal_sessions|users|service_tokens/.test(query))).toHaveLength(1);
  });

  test('consumes the fair use of its user', async () => {
    const { token, externalId } = await newPortalSession(app, backend);
    const keys = `{ ${Array.from({ length: 3 }, (_, index) => `a${index}: myApiKeyHistory(first: 100) { edges { node { id name status scopes createdAt expiresAt } } }`).join(' ')} }`;
    let answer = await app.send(keys, {}, { token });
    for (let requests = 0; requests < 60 && codesOf(answer).length === 0; requests += 1) answer = await app.send(keys, {}, { token });
    expect(new Set(codesOf(answer))).toEqual(new Set(['RATE_LIMITED']));
    expect(new Set(codesOf(await app.send(keys, {}, actingFor(backend, externalId))))).toEqual(new Set(['RATE_LIMITED']));
  });
});

describe('J1, J2, J3: the token of a portal session', () => {
  test.each<[string, (claims: Record<string, unknown>) => string]>([
    [
      'without a signature',
      (claims) =>
        `${signed(claims, { header: { alg: 'none' } })
          .split('.')
          .slice(0, 2)
          .join('.')}.`,
    ],
    ['of another algorithm', (claims) => signed(claims, { header: { alg: 'HS512' } })],
    ['signed with the key of access tokens', (claims) => signed(claims, { purpose: 'access-token' })],
    ['of another type', (claims) => signed(claims, { header: { typ: 'at+jwt' } })],
    ['with a critical header', (claims) => signed(claims, { header: { crit: ['x'], x: 1 } })],
    ['with cnf', (claims) => signed({ ...claims, cnf: {} })],
    ['without an expiry', ({ exp, ...claims }) => signed(claims)],
    ['from the future', (claims) => signed({ ...claims, iat: Number(claims.iat) + 31 })],
    ['of another issuer', (claims) => signed({ ...claims, iss: 'other' })],
    ['for another audience', (claims) => signed({ ...claims, aud: 'keyward' })],
    ['for several audiences', (claims) => signed({ ...claims, aud: [claims.aud, 'keyward'] })],
    ['for an audience that names no row', (claims) => signed({ ...claims, aud: 'portal-session:x' })],
    ['without a user', ({ sub, ...claims }) => signed(claims)],
  ])('is rejected %s', async (_name, change) => {
    const { token } = await newPortalSession(app, backend);
    const claims = claimsIn(token);
    expect(codesOf(await app.send(MeDocument, {}, { token: signed(claims) }))).toEqual([]);
    const answer = await app.send(MeDocument, {}, { token: change(claims) });
    expect([answer.status, codesOf(answer)]).toEqual([401, ['UNAUTHENTICATED']]);
  });

  test('S4: is rejected for another user or the session of another user', async () => {
    const [one, other] = [await newPortalSession(app, backend), await newPortalSession(app, backend)];
    const claims = claimsIn(one.token);
    for (const change of [{ sub: other.userId }, { aud: `portal-session:${other.id}` }]) {
      expect(codesOf(await app.send(MeDocument, {}, { token: signed({ ...claims, ...change }) }))).toEqual(['UNAUTHENTICATED']);
    }
  });

  test('J6: is no session and no refresh token, and an access token is no portal session', async () => {
    const { token, id } = await newPortalSession(app, backend);
    expect(codesOf(await app.send(SignOutDocument, { refreshToken: token }))).toEqual(['UNAUTHENTICATED']);
    const { accessToken, user } = await app.newUser();
    const claims = claimsIn(accessToken);
    expect(codesOf(await app.send(MeDocument, {}, { token: accessToken }))).toEqual([]);
    const swapped = signed({ ...claims, aud: `portal-session:${id}` }, { purpose: 'access-token', header: { typ: 'at+jwt' } });
    expect(codesOf(await app.send(MeDocument, {}, { token: swapped }))).toEqual(['UNAUTHENTICATED']);
    const posing = signed({ ...claimsIn(token), aud: 'keyward', sid: claims.sid, sub: user.id }, { header: { typ: 'at+jwt' } });
    expect(codesOf(await app.send(MeDocument, {}, { token: posing }))).toEqual(['UNAUTHENTICATED']);
  });

  test('J5: stays valid while its application secret is an earlier one', async () => {
    const { token } = await newPortalSession(app, backend);
    const [next, without] = [
      await startTestApp({ databaseUrl: app.databaseUrl, clock: app.clock, appSecrets: [randomBytes(32), SECRET] }),
      await startTestApp({ databaseUrl: app.databaseUrl, clock: app.clock }),
    ];
    expect(codesOf(await next.send(MeDocument, {}, { token }))).toEqual([]);
    expect(codesOf(await without.send(MeDocument, {}, { token }))).toEqual(['UNAUTHENTICATED']);
    for (const each of [next, without]) await each.close();
  });
});

describe('portal sessions', () => {
  test.each<[string, Record<string, string>]>([
    ['local', { AUTH_MODE: 'local' }],
    ['product', { AUTH_MODE: 'product' }],
    [
      'external',
      {
        AUTH_MODE: 'external',
        AUTH_ISSUER: 'https://id.example.com/',
        AUTH_AUDIENCE: 'keys',
        AUTH_JWKS_URL: 'https://id.example.com/jwks',
      },
    ],
    [
      'both',
      { AUTH_MODE: 'both', AUTH_ISSUER: 'https://id.example.com/', AUTH_AUDIENCE: 'keys', AUTH_JWKS_URL: 'https://id.example.com/jwks' },
    ],
  ])('are accepted with AUTH_MODE=%s', async (_mode, env) => {
    const other = await startTestApp({ env });
    const { token, userId } = await newPortalSession(other, await newService(other, ['users:act']));
    expect(dataOf(await other.send(MeDocument, {}, { token })).me.id).toBe(userId);
    await other.close();
  });

  test('are removed a day after their end, whether it was early or at their expiry', async () => {
    const input: Partial<CreatePortalSessionInput> = { expiresInSeconds: 3_600 };
    const [ended, expired] = [await newPortalSession(app, backend, input), await newPortalSession(app, backend, input)];
    await end(ended.id);
    const stored = async () => {
      await app.portalSessionPruning.prune();
      const rows = await runSql<{ id: string }>(app.databaseUrl, 'SELECT id FROM portal_sessions WHERE id IN ($1, $2)', [
        ended.id,
        expired.id,
      ]);
      return rows.map(({ id }) => id);
    };
    app.clock.advanceSeconds(86_400);
    expect((await stored()).sort()).toEqual([ended.id, expired.id].sort());
    app.clock.advanceSeconds(1);
    expect(await stored()).toEqual([expired.id]);
    expect(codesOf(await end(ended.id))).toEqual(['NOT_FOUND']);
    app.clock.advanceSeconds(3_600);
    expect(await stored()).toEqual([]);
  });
});

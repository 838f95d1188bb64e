import { createHmac, createPublicKey, randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { TokenRejectionReason } from '../../../src/auth/token-rejection.js';
import {
  ChangePasswordDocument,
  CreateApiKeyDocument,
  DeleteMyAccountDocument,
  EndSessionDocument,
  MeDocument,
  MyAuditLogDocument,
  MySessionsDocument,
  RefreshSessionDocument,
  ResetPasswordDocument,
  RevokeApiKeyDocument,
  SignInDocument,
  SignOutDocument,
  SignUpDocument,
} from '../../generated/graphql.js';
import { runBuiltCommand } from '../../support/commands.js';
import { runSql } from '../../support/database.js';
import { DOORS } from '../../support/doors.js';
import { queriesOf } from '../../support/queries.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';
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

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

let keys: Record<string, IssuerKey>;
let server: KeyServer;
let app: TestApp;

const settings = (url = server.url) => ({ AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE, AUTH_JWKS_URL: url });
const keyOf = (alg: string): IssuerKey => {
  const key = keys[alg];
  if (!key) throw new Error(`no key for ${alg}`);
  return key;
};

beforeAll(async () => {
  keys = Object.fromEntries(await Promise.all(ALGORITHMS.map(async (alg) => [alg, await newKeyPair(alg, `key-${alg}`)])));
  server = await startKeyServer(Object.values(keys).map(({ publicJwk }) => publicJwk));
  app = await startTestApp({ env: settings(), logQueries: true });
});
afterAll(async () => {
  await app.close();
  await server.close();
});

/** Returns a valid token of a new user, unless the claims name a known subject. */
const tokenOf = (claims: object = {}, header: object = {}, key = keyOf('ES256'), of = app) =>
  signToken(key, { ...claimsAt(of.clock), sub: randomUUID(), ...claims }, header);
const me = (token: string, of = app) => of.send(MeDocument, {}, { token });
const meOf = async (token: string, of = app) => (await of.ask(MeDocument, {}, token)).me;

describe('a token of the identity provider', () => {
  test.each(ALGORITHMS)('signed with %s authenticates its user', async (alg) => {
    const token = await tokenOf({ sub: `subject of ${alg}`, email: `${alg}@example.com`, email_verified: true }, {}, keyOf(alg));
    expect(await meOf(token)).toEqual({
      id: expect.any(String),
      email: `${alg.toLowerCase()}@example.com`,
      externalId: `subject of ${alg}`,
      issuer: ISSUER,
      createdAt: app.clock.now().toISOString(),
      disabledAt: null,
    });
  });

  test.each([{ typ: 'at+jwt' }, { typ: 'application/AT+JWT' }, { typ: 'JWT' }, { typ: undefined }])(
    'is accepted with the header %j',
    async (header) => {
      expect((await me(await tokenOf({}, header))).status).toBe(200);
    },
  );

  test('is accepted when it names other audiences as well', async () => {
    expect((await me(await tokenOf({ aud: ['https://id.example.com/userinfo', AUDIENCE] }))).status).toBe(200);
  });

  test('is accepted when the issuer’s clock is up to 30 s ahead', async () => {
    const ahead = app.clock.now().getTime() / 1_000 + 30;
    expect((await me(await tokenOf({ iat: ahead, nbf: ahead }))).status).toBe(200);
  });

  test('is valid until exactly its expiry', async () => {
    const token = await tokenOf();
    app.clock.advanceSeconds(299);
    expect((await me(token)).status).toBe(200);
    app.clock.advanceSeconds(1);
    expect((await me(token)).status).toBe(401);
  });

  test('authenticates the same user each time, with one query', async () => {
    const claims = { sub: 'returning', email: 'returning@example.com', email_verified: true };
    const first = await meOf(await tokenOf(claims));
    const queries = await queriesOf(app, async () =>
      expect(await meOf(await tokenOf({ ...claims, email: 'new@example.com' }))).toEqual(first),
    );
    expect(queries).toHaveLength(1);
  });

  test('allows its user to create, use and revoke keys', async () => {
    const token = await tokenOf();
    const { createApiKey } = await app.ask(CreateApiKeyDocument, { input: { name: 'mine' } }, token);
    const question = { key: createApiKey.plaintextKey };
    for (const ask of Object.values(DOORS)) expect(await ask(app, question)).toEqual({ code: 'VALID', keyId: createApiKey.apiKey.id });
    const stranger = await app.send(RevokeApiKeyDocument, { id: createApiKey.apiKey.id }, { token: await tokenOf() });
    expect(codesOf(stranger)).toEqual(['FORBIDDEN']);
    await app.ask(RevokeApiKeyDocument, { id: createApiKey.apiKey.id }, token);
    for (const ask of Object.values(DOORS)) expect((await ask(app, question)).code).toBe('REVOKED');
  });
});

/** Returns the log lines about rejected tokens. */
const rejectionsIn = (log: string): Record<string, unknown>[] =>
  log
    .split('\n')
    .filter((line) => line.includes('"token rejected"'))
    .map((line) => JSON.parse(line));

describe('a forged token', () => {
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  /** Returns a token with any header, payload and signature. */
  const forge = (header: object, claims: object, sign: (content: string) => string) => {
    const content = `${encode(header)}.${encode(claims)}`;
    return `${content}.${sign(content)}`;
  };
  const hmac =
    (secret: string | Buffer, hash = 'sha256') =>
    (content: string) =>
      createHmac(hash, secret).update(content).digest('base64url');
  const now = () => app.clock.now().getTime() / 1_000;
  const claims = () => ({ ...claimsAt(app.clock), sub: 'forged' });
  const rsaPem = () => createPublicKey({ key: keyOf('RS256').publicJwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });

  const FORGERIES: [string, () => string | Promise<string>, TokenRejectionReason][] = [
    ['J1: alg none', () => forge({ alg: 'none', typ: 'at+jwt' }, claims(), () => ''), 'algorithm'],
    ['J1: alg nOnE', () => forge({ alg: 'nOnE', typ: 'at+jwt' }, claims(), () => ''), 'algorithm'],
    ['J1: no alg', () => forge({ typ: 'at+jwt', kid: 'key-RS256' }, claims(), () => 'AAAA'), 'malformed'],
    ['J1: an empty signature', () => forge({ alg: 'RS256', kid: 'key-RS256', typ: 'at+jwt' }, claims(), () => ''), 'signature'],
    ['J1: HS256 with the public key as secret', () => forge({ alg: 'HS256', kid: 'key-RS256' }, claims(), hmac(rsaPem())), 'algorithm'],
    [
      'J1: HS256 with the public key’s JSON as secret',
      () => forge({ alg: 'HS256', kid: 'key-RS256' }, claims(), hmac(JSON.stringify(keyOf('RS256').publicJwk))),
      'algorithm',
    ],
    [
      'J1: HS512 with the public key as secret',
      () => forge({ alg: 'HS512', kid: 'key-RS256' }, claims(), hmac(rsaPem(), 'sha512')),
      'algorithm',
    ],
    ['J1: RS384 with the provider’s key', async () => resigned('RS384'), 'algorithm'],
    ['J1: ES384', async () => signToken(await newKeyPair('ES384', 'key-ES256'), claims()), 'algorithm'],
    ['J1: another key under a known kid', async () => signToken(await newKeyPair('RS256', 'key-RS256'), claims()), 'signature'],
    ['J1: a known key under the kid of another', () => signToken(keyOf('ES256'), claims(), { kid: 'key-RS256' }), 'unknown key'],
    ['J1: a known kid with the algorithm of another', () => signToken(keyOf('EdDSA'), claims(), { kid: 'key-ES256' }), 'unknown key'],
    ['J1: another key without a kid', async () => signToken(await newKeyPair('EdDSA', 'x'), claims(), { kid: undefined }), 'signature'],
    ['J1: an unknown kid', () => signToken(keyOf('ES256'), claims(), { kid: 'unknown' }), 'unknown key'],
    ['J1: a kid that is not a string', () => signToken(keyOf('ES256'), claims(), { kid: 7 }), 'unknown key'],
    ['J2: crit', () => forge({ alg: 'ES256', kid: 'key-ES256', crit: ['exp'] }, claims(), () => 'AAAA'), 'critical header'],
    [
      'J2: crit with a parameter that the library supports',
      () => signToken(keyOf('ES256'), claims(), { b64: true, crit: ['b64'] }),
      'critical header',
    ],
    ['J2: cnf of DPoP', () => signToken(keyOf('ES256'), { ...claims(), cnf: { jkt: 'x' } }), 'proof of possession'],
    ['J2: cnf of mTLS', () => signToken(keyOf('ES256'), { ...claims(), cnf: { 'x5t#S256': 'x' } }), 'proof of possession'],
    ['J2: cnf of null', () => signToken(keyOf('ES256'), { ...claims(), cnf: null }), 'proof of possession'],
    ['J3: no exp', () => signToken(keyOf('ES256'), { ...claims(), exp: undefined }), 'expiry missing'],
    ['J3: exp as a string', () => signToken(keyOf('ES256'), { ...claims(), exp: String(now() + 300) }), 'expiry missing'],
    ['J3: exp at the current time', () => signToken(keyOf('ES256'), { ...claims(), exp: now() }), 'expired'],
    ['J3: iat 31 s ahead', () => signToken(keyOf('ES256'), { ...claims(), iat: now() + 31 }), 'not yet valid'],
    ['J3: iat as a string', () => signToken(keyOf('ES256'), { ...claims(), iat: String(now()) }), 'not yet valid'],
    ['J3: nbf 31 s ahead', () => signToken(keyOf('ES256'), { ...claims(), nbf: now() + 31 }), 'not yet valid'],
    ['J3: another iss', () => signToken(keyOf('ES256'), { ...claims(), iss: 'https://id.example.org/' }), 'issuer'],
    ['J3: an iss that lacks the last character', () => signToken(keyOf('ES256'), { ...claims(), iss: ISSUER.slice(0, -1) }), 'issuer'],
    [
      'J3: Keyward’s own iss',
      () => signToken(keyOf('ES256'), { ...claims(), iss: 'keyward', aud: 'keyward', sid: 'session' }),
      'algorithm',
    ],
    ['J3: several iss', () => signToken(keyOf('ES256'), { ...claims(), iss: [ISSUER] }), 'issuer'],
    ['J3: no iss', () => signToken(keyOf('ES256'), { ...claims(), iss: undefined }), 'issuer'],
    ['J3: another aud', () => signToken(keyOf('ES256'), { ...claims(), aud: 'https://other.example.com' }), 'audience'],
    ['J3: an aud that only begins with AUTH_AUDIENCE', () => signToken(keyOf('ES256'), { ...claims(), aud: `${AUDIENCE}/` }), 'audience'],
    ['J3: no aud', () => signToken(keyOf('ES256'), { ...claims(), aud: undefined }), 'audience'],
    ['J3: typ id_token+jwt', () => signToken(keyOf('ES256'), claims(), { typ: 'id_token+jwt' }), 'type'],
    ['J3: typ of a logout token', () => signToken(keyOf('ES256'), claims(), { typ: 'logout+jwt' }), 'type'],
    ['J3: typ that is not a string', () => signToken(keyOf('ES256'), claims(), { typ: null }), 'type'],
    ['no sub', () => signToken(keyOf('ES256'), { ...claims(), sub: undefined }), 'subject'],
    ['an empty sub', () => signToken(keyOf('ES256'), { ...claims(), sub: '' }), 'subject'],
    ['a sub that is not a string', () => signToken(keyOf('ES256'), { ...claims(), sub: 7 }), 'subject'],
    ['a sub of 256 characters', () => signToken(keyOf('ES256'), { ...claims(), sub: 'x'.repeat(256) }), 'subject'],
    ['a sub with a control character', () => signToken(keyOf('ES256'), { ...claims(), sub: 'a\u0000b' }), 'subject'],
    ['a changed payload', async () => tampered(), 'signature'],
    ['the valid issuer in a token that is not a JWS', () => `${encode({ alg: 'ES256' })}.${encode(claims())}`, 'malformed'],
  ];

  const tampered = async () => {
    const [header, , signature] = (await signToken(keyOf('ES256'), claims())).split('.');
    return `${header}.${encode({ ...claims(), sub: 'somebody' })}.${signature}`;
  };
  const resigned = async (alg: string) => {
    const { privateKey } = keyOf('RS256');
    const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey));
    const { createPrivateKey, sign } = await import('node:crypto');
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    return forge({ alg, kid: 'key-RS256', typ: 'at+jwt' }, claims(), (content) =>
      sign('sha384', Buffer.from(content), key).toString('base64url'),
    );
  };

  test.each(FORGERIES)('%s is rejected with the same bytes as every invalid token', async (_case, make, reason) => {
    const token = await make();
    app.clock.advanceSeconds(1);
    const before = app.logs().length;
    const answer = await me(await make());
    expect(rejectionsIn(app.logs().slice(before))).toEqual([expect.objectContaining({ reason })]);
    expect(app.logs()).not.toContain(token.split('.')[2] || token);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="keyward", error="invalid_token"');
    expect(answer.text).toBe((await me('garbage')).text);
  });

  test('creates no user', async () => {
    expect(await runSql(app.databaseUrl, "SELECT FROM users WHERE external_id IN ('forged', 'somebody')")).toEqual([]);
  });

  test('J2: jwk, jku, x5u and x5c are ignored, and cause no request', async () => {
    const elsewhere = await startKeyServer([]);
    const attacker = await newKeyPair('ES256', 'key-ES256');
    const header = { jwk: attacker.publicJwk, jku: elsewhere.url, x5u: elsewhere.url, x5c: ['AAAA'] };
    expect((await me(await signToken(attacker, claims(), header))).status).toBe(401);
    expect((await me(await tokenOf({}, header))).status).toBe(200);
    expect(elsewhere.requests).toBe(0);
    await elsewhere.close();
  });

  test('signed with Keyward’s own secret is rejected when it names the provider as issuer', async () => {
    const secret = randomBytes(32);
    const other = await startTestApp({ env: settings(), appSecrets: [secret] });
    const ours = forge({ alg: 'HS256', typ: 'at+jwt' }, { ...claims(), iss: ISSUER }, hmac(secret));
    expect((await me(ours, other)).status).toBe(401);
    await other.close();
  });
});

describe('the keys of the identity provider', () => {
  let own: KeyServer;
  let fresh: TestApp;
  beforeEach(async () => {
    own = await startKeyServer([keyOf('ES256').publicJwk]);
    fresh = await startTestApp({ env: settings(own.url) });
  });
  afterEach(async () => {
    await fresh.close();
    await own.close();
  });
  const statusOf = async (token: string) => (await me(token, fresh)).status;
  const validToken = (key = keyOf('ES256'), header: object = {}) => tokenOf({}, header, key, fresh);

  test('are fetched at the first token, and then cached', async () => {
    expect(own.requests).toBe(0);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => validToken()));
    expect(new Set(await Promise.all(tokens.map(statusOf)))).toEqual(new Set([200]));
    expect(own.requests).toBe(1);
  });

  test('include a new key as soon as a token names it', async () => {
    expect(await statusOf(await validToken())).toBe(200);
    own.keys = [keyOf('EdDSA').publicJwk, keyOf('ES256').publicJwk];
    fresh.clock.advanceSeconds(30);
    expect(await statusOf(await validToken(keyOf('EdDSA')))).toBe(200);
    expect(await statusOf(await validToken())).toBe(200);
    expect(own.requests).toBe(2);
  });

  test('exclude a withdrawn key after at most 10 minutes', async () => {
    expect(await statusOf(await validToken())).toBe(200);
    own.keys = [keyOf('EdDSA').publicJwk];
    fresh.clock.advanceSeconds(600);
    expect(await statusOf(await validToken())).toBe(200);
    fresh.clock.advanceSeconds(1);
    expect(await statusOf(await validToken())).toBe(401);
    expect(await statusOf(await validToken(keyOf('EdDSA')))).toBe(200);
  });

  test('are requested at most twice for hundreds of tokens with unknown kids, and valid tokens are still accepted', async () => {
    const unknown = await Promise.all(Array.from({ length: 300 }, (_, index) => validToken(keyOf('ES256'), { kid: `unknown-${index}` })));
    const statuses = await Promise.all(unknown.map(statusOf));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(own.requests).toBeLessThanOrEqual(2);
    expect(await statusOf(await validToken())).toBe(200);
  });

  test('are not requested for a token that is invalid under every key', async () => {
    own.answer = { status: 500, body: '' };
    const { exp: _exp, ...endless } = claimsAt(fresh.clock);
    const wrong = [
      await tokenOf({ iss: 'https://id.example.org/' }, {}, keyOf('ES256'), fresh),
      await signToken(await newKeyPair('ES384', 'key-ES256'), claimsAt(fresh.clock)),
      await signToken(keyOf('ES256'), endless),
    ];
    for (const token of wrong) expect(await statusOf(token)).toBe(401);
    expect(own.requests).toBe(0);
  });

  test.each<[string, KeyServer['answer']]>([
    ['an error', { status: 500, body: 'down' }],
    ['not JSON', { status: 200, body: '<html>' }],
    ['not a key set', { status: 200, body: '{"keys":"none"}' }],
    ['too large', { status: 200, body: JSON.stringify({ keys: [], filler: 'x'.repeat(300_000) }) }],
    ['a redirect to valid keys', { status: 302, headers: { location: 'ELSEWHERE' }, body: '' }],
  ])(
    'cannot be read if the provider’s response is %s: a token gets 503, and the next attempt follows 10 s later',
    async (_case, answer) => {
      own.answer = answer && { ...answer, ...(answer.headers && { headers: { location: server.url } }) };
      const token = await validToken();
      const rejected = await me(token, fresh);
      expect(rejected.status).toBe(503);
      expect(codesOf(rejected)).toEqual(['SERVICE_UNAVAILABLE']);
      expect(rejected.headers['retry-after']).toBe('10');
      expect(await statusOf(token)).toBe(503);
      expect(own.requests).toBe(1);
      own.answer = null;
      fresh.clock.advanceSeconds(10);
      expect(await statusOf(token)).toBe(200);
    },
  );

  test('stay valid when the provider is unavailable for a day', async () => {
    expect(await statusOf(await validToken())).toBe(200);
    await own.close();
    fresh.clock.advanceSeconds(86_400);
    expect(await statusOf(await validToken())).toBe(200);
    expect(await statusOf(await validToken(keyOf('EdDSA')))).toBe(503);
    expect(await statusOf(await signToken(await newKeyPair('ES256', 'key-ES256'), claimsAt(fresh.clock)))).toBe(401);
    expect(fresh.logs()).toContain('signing keys of the identity provider could not be loaded');
  });

  test('delay a request by less than 5 s when the provider does not respond', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const waiting = await startTestApp({ env: settings(`http://127.0.0.1:${port}/`) });
    const startedAt = performance.now();
    expect((await me(await tokenOf({}, {}, keyOf('ES256'), waiting), waiting)).status).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await waiting.close();
    silent.close();
  });

  test('can be read from a file, and a new key in the file is found', async () => {
    const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
    const { pathToFileURL } = await import('node:url');
    const folder = await mkdtemp(`${tmpdir()}/keyward-jwks-`);
    const file = `${folder}/jwks.json`;
    await writeFile(file, JSON.stringify({ keys: [keyOf('RS256').publicJwk] }));
    const filed = await startTestApp({ env: settings(pathToFileURL(file).href) });
    expect((await me(await tokenOf({}, {}, keyOf('RS256'), filed), filed)).status).toBe(200);
    await writeFile(file, JSON.stringify({ keys: [keyOf('PS256').publicJwk] }));
    filed.clock.advanceSeconds(30);
    expect((await me(await tokenOf({}, {}, keyOf('PS256'), filed), filed)).status).toBe(200);
    await filed.close();
    await rm(folder, { recursive: true });
  });
});

describe('the user of a token', () => {
  test('is created at the first request, once, also by 50 concurrent requests', async () => {
    const claims = { sub: 'raced', email: 'raced@example.com', email_verified: true };
    const tokens = await Promise.all(Array.from({ length: 50 }, () => tokenOf(claims)));
    const answers = await Promise.all(tokens.map((token) => me(token)));
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(new Set(answers.map(({ data }) => data?.me.id)).size).toBe(1);
    const events = await runSql(
      app.databaseUrl,
      "SELECT action, details, host(ip_address::inet) AS ip FROM audit_events WHERE user_id = (SELECT id FROM users WHERE external_id = 'raced')",
    );
    expect(events).toEqual([{ action: 'USER_SIGNED_UP', details: { issuer: ISSUER }, ip: '127.0.0.1' }]);
  });

  test('sees its creation in its audit log', async () => {
    const { myAuditLog } = await app.ask(MyAuditLogDocument, {}, await tokenOf());
    expect(myAuditLog.edges.map(({ node }) => [node.action, node.details])).toEqual([['USER_SIGNED_UP', { issuer: ISSUER }]]);
  });

  test('F8: is not created when the audit event cannot be written', async () => {
    await runSql(app.databaseUrl, 'ALTER TABLE audit_events RENAME TO audit_events_renamed');
    const token = await tokenOf({ sub: 'unrecorded' });
    expect((await me(token)).status).toBe(500);
    await runSql(app.databaseUrl, 'ALTER TABLE audit_events_renamed RENAME TO audit_events');
    expect(await runSql(app.databaseUrl, "SELECT 1 FROM users WHERE external_id = 'unrecorded'")).toEqual([]);
    expect((await me(token)).status).toBe(200);
  });

  test('has the email address that the provider verified, in canonical form', async () => {
    expect((await meOf(await tokenOf({ email: ' Ann.Verified@Example.COM ', email_verified: true }))).email).toBe(
      'ann.verified@example.com',
    );
  });

  test.each([
    ['not verified', { email: 'eve@example.com', email_verified: false }],
    ['not marked as verified', { email: 'eve@example.com' }],
    ['marked as verified by a string', { email: 'eve@example.com', email_verified: 'true' }],
    ['absent', { email_verified: true }],
    ['not an email address', { email: 'eve', email_verified: true }],
    ['not a string', { email: ['eve@example.com'], email_verified: true }],
  ])('has no email address if the claim is %s', async (_case, claims) => {
    expect((await meOf(await tokenOf(claims))).email).toBeNull();
  });

  test('is another account than the one with a password and the same address, and only the latter signs in with the address', async () => {
    const { user } = await app.newUser('shared@example.com');
    const external = await meOf(await tokenOf({ email: 'Shared@Example.com', email_verified: true }));
    expect(external).toMatchObject({ email: 'shared@example.com' });
    expect(external.id).not.toBe(user.id);
    const { signIn } = await app.ask(SignInDocument, { input: { email: 'shared@example.com', password: PASSWORD } });
    expect(signIn.user.id).toBe(user.id);
  });

  test('is another account than an earlier user of the provider with the same address, and both keep the address', async () => {
    const claims = { email: 'handed-on@example.com', email_verified: true };
    const [first, second] = [await meOf(await tokenOf(claims)), await meOf(await tokenOf(claims))];
    expect([first.email, second.email]).toEqual(['handed-on@example.com', 'handed-on@example.com']);
    expect(second.id).not.toBe(first.id);
  });

  test('A5: does not prevent a sign-up with the same address, earlier or concurrent', async () => {
    for (let round = 0; round < 5; round += 1) {
      const email = `contested-${round}@example.com`;
      const signUp = () => app.send(SignUpDocument, { input: { email, password: PASSWORD } });
      const [external, signedUp] = await Promise.all([meOf(await tokenOf({ email, email_verified: true })), signUp()]);
      expect([external.email, signedUp.data?.signUp.user.email]).toEqual([email, email]);
      expect(codesOf(await signUp())).toEqual(['EMAIL_TAKEN']);
      expect((await meOf(await tokenOf({ email, email_verified: true }))).email).toBe(email);
    }
  });

  test('cannot sign in with a password', async () => {
    const email = 'external@example.com';
    await meOf(await tokenOf({ email, email_verified: true }));
    for (const password of [PASSWORD, '']) {
      expect(codesOf(await app.send(SignInDocument, { input: { email, password } }))).toEqual(['INVALID_CREDENTIALS']);
    }
  });

  test('stays disabled from the next request', async () => {
    const token = await tokenOf({ sub: 'disabled' });
    const { createApiKey } = await app.ask(CreateApiKeyDocument, {}, token);
    await runSql(app.databaseUrl, "UPDATE users SET disabled_at = now() WHERE external_id = 'disabled'");
    const answer = await me(token);
    expect(answer.status).toBe(401);
    expect(answer.text).toBe((await me('garbage')).text);
    expect((await me(await tokenOf({ sub: 'disabled', email: 'again@example.com', email_verified: true }))).status).toBe(401);
    expect(await DOORS.verifyApiKey?.(app, { key: createApiKey.plaintextKey })).toMatchObject({ code: 'OWNER_DISABLED' });
    expect(await runSql(app.databaseUrl, "SELECT 1 FROM users WHERE external_id = 'disabled'")).toHaveLength(1);
  });

  test('L1: appears in the log by its id only', async () => {
    const token = await tokenOf({ sub: 'subject-canary', email: 'email-canary@example.com', email_verified: true });
    await meOf(token);
    expect(app.logs()).not.toMatch(/canary/);
    expect(app.logs()).not.toContain(token);
  });
});

describe('A2: the reason for rejecting a token', () => {
  const logged = async (token: string, of = app) => {
    of.clock.advanceSeconds(1);
    const before = of.logs().length;
    const answer = await me(token, of);
    expect(answer.status).toBe(401);
    expect(answer.text).toBe((await me('garbage', of)).text);
    const [line] = rejectionsIn(of.logs().slice(before));
    expect(of.logs()).not.toContain(token);
    return line;
  };

  test('is logged with the value that the configuration requires, and is not in the response', async () => {
    const requestOf = { level: 30, requestId: expect.any(String), ipAddress: '127.0.0.1', msg: 'token rejected' };
    expect(await logged(await tokenOf({ aud: 'another' }))).toMatchObject({ ...requestOf, reason: 'audience', expected: AUDIENCE });
    expect(await logged(await tokenOf({ iss: ISSUER.slice(0, -1) }))).toMatchObject({ reason: 'issuer', expected: ISSUER });
    expect(await logged('garbage')).toMatchObject({ ...requestOf, reason: 'malformed' });
  });

  test('is logged for Keyward’s own tokens: expired, signed out, of a disabled or of a deleted user', async () => {
    const { user, ...tokens } = await app.newUser();
    const other = await app.newUser();
    await app.ask(SignOutDocument, { refreshToken: tokens.refreshToken });
    expect(await logged(tokens.accessToken)).toMatchObject({ reason: 'session ended', userId: user.id });
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = now() WHERE id = $1', [other.user.id]);
    expect(await logged(other.accessToken)).toMatchObject({ reason: 'user disabled', userId: other.user.id });
    await runSql(app.databaseUrl, 'DELETE FROM users WHERE id = $1', [other.user.id]);
    expect(await logged(other.accessToken)).toMatchObject({ reason: 'unknown session' });
    app.clock.advanceSeconds(900);
    expect(await logged(tokens.accessToken)).toMatchObject({ reason: 'expired' });
  });

  test('J6: is logged for an API key and a refresh token, without the value of either', async () => {
    const { accessToken, refreshToken } = await app.newUser();
    const { createApiKey } = await app.ask(CreateApiKeyDocument, {}, accessToken);
    for (const token of [createApiKey.plaintextKey, refreshToken]) expect(await logged(token)).toMatchObject({ reason: 'malformed' });
  });

  test('is logged for a disabled user of the provider', async () => {
    const { id } = await meOf(await tokenOf({ sub: 'barred' }));
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = now() WHERE id = $1', [id]);
    expect(await logged(await tokenOf({ sub: 'barred' }))).toMatchObject({ reason: 'user disabled', userId: id });
  });

  test('is logged at most 5 times per second, and the next line has the number of suppressed lines', async () => {
    app.clock.advanceSeconds(1);
    const before = app.logs().length;
    for (let count = 0; count < 40; count += 1) await me(count % 2 === 0 ? 'garbage' : await tokenOf({ aud: 'another' }));
    const reasons = rejectionsIn(app.logs().slice(before)).map(({ reason }) => reason);
    expect(reasons).toEqual([
      'malformed',
      'audience',
      'malformed',
      'audience',
      'malformed',
      'audience',
      'malformed',
      'audience',
      'malformed',
      'audience',
    ]);
    expect(await logged('garbage')).toMatchObject({ reason: 'malformed', suppressed: 15 });
    app.clock.advanceSeconds(1);
    await me('garbage');
    expect(rejectionsIn(app.logs()).at(-1)).not.toHaveProperty('suppressed');
  });
});

describe('deleteMyAccount of a user of the identity provider', () => {
  const now = () => app.clock.now().getTime() / 1_000;
  const remove = (token: string, password?: string) => app.send(DeleteMyAccountDocument, { password: password ?? null }, { token });

  test.each([
    ['issued at the current time', () => ({})],
    ['issued 5 minutes ago', () => ({ iat: now() - 300, exp: now() + 60 })],
    ['of a sign-in 5 minutes ago', () => ({ auth_time: now() - 300 })],
  ])('accepts a token %s instead of the password', async (_case, claims) => {
    const token = await tokenOf({ ...claims(), sub: randomUUID() });
    const { createApiKey } = await app.ask(CreateApiKeyDocument, {}, token);
    const { id } = await meOf(token);
    expect((await remove(token)).data).toEqual({ deleteMyAccount: { deleted: true } });
    for (const ask of Object.values(DOORS)) expect((await ask(app, { key: createApiKey.plaintextKey })).code).toBe('NOT_FOUND');
    const events = await runSql(app.databaseUrl, 'SELECT action FROM audit_events WHERE user_id = $1 ORDER BY at, id', [id]);
    expect(events.map(({ action }) => action)).toEqual(['USER_SIGNED_UP', 'API_KEY_CREATED', 'USER_DELETED']);
    // The provider's token is still valid. The next request with it creates a new user, which shares nothing with the old user.
    const again = await meOf(token);
    expect(again.id).not.toBe(id);
    expect((await app.ask(MyAuditLogDocument, {}, token)).myAuditLog.edges).toHaveLength(1);
  });

  test.each([
    ['issued more than 5 minutes ago', () => ({ iat: now() - 301, exp: now() + 60 })],
    ['issued at the current time for a sign-in more than 5 minutes ago', () => ({ auth_time: now() - 301 })],
    ['without an iat', () => ({ iat: undefined })],
    ['with an auth_time that is not a number', () => ({ auth_time: String(now()) })],
    ['of a sign-in in the future', () => ({ auth_time: now() + 31 })],
  ])('rejects a token %s as FORBIDDEN and asks for a new sign-in', async (_case, claims) => {
    const token = await tokenOf({ ...claims(), sub: randomUUID() });
    const { id } = await meOf(token);
    for (const password of [undefined, '', PASSWORD]) {
      const answer = await remove(token, password);
      expect(codesOf(answer)).toEqual(['FORBIDDEN']);
      expect(answer.errors[0]?.message).toMatch(/^Sign in again at your identity provider\. /);
    }
    expect((await meOf(token)).id).toBe(id);
  });

  test('deletes nothing of an account with a password and the same address', async () => {
    const { accessToken, user } = await app.newUser('twin@example.com');
    expect(codesOf(await remove(await tokenOf({ email: 'twin@example.com', email_verified: true })))).toEqual([]);
    expect((await meOf(accessToken)).id).toBe(user.id);
  });
});

describe('AUTH_MODE', () => {
  const input = { email: 'ann@example.com', password: PASSWORD };
  const passwordOperations = async (of: TestApp, token: string) => [
    await of.send(SignUpDocument, { input }),
    await of.send(SignInDocument, { input }),
    await of.send(RefreshSessionDocument, { refreshToken: 'x' }),
    await of.send(SignOutDocument, { refreshToken: 'x' }),
    await of.send(ChangePasswordDocument, { input: { currentPassword: PASSWORD, newPassword: 'another good long password' } }, { token }),
    await of.send(ChangePasswordDocument, { input: { currentPassword: PASSWORD, newPassword: 'another good long password' } }),
    await of.send(ResetPasswordDocument, { input: { token: 'any', newPassword: 'another good long password' } }),
  ];

  test('both, the default with an identity provider, accepts both kinds of accounts', async () => {
    const { accessToken } = await app.newUser();
    expect((await me(accessToken)).status).toBe(200);
    expect((await me(await tokenOf())).status).toBe(200);
  });

  test('both: changePassword is FORBIDDEN to a user of the provider', async () => {
    const changes = { currentPassword: PASSWORD, newPassword: 'another good long password' };
    const answer = await app.send(ChangePasswordDocument, { input: changes }, { token: await tokenOf() });
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
  });

  test('both: a user of the provider has no sessions in Keyward, and cannot end one', async () => {
    const token = await tokenOf();
    const { accessToken } = await app.newUser();
    const [session] = (await app.ask(MySessionsDocument, {}, accessToken)).mySessions;
    expect((await app.ask(MySessionsDocument, {}, token)).mySessions).toEqual([]);
    expect(codesOf(await app.send(EndSessionDocument, { id: session?.id ?? '' }, { token }))).toEqual(['FORBIDDEN']);
  });

  test('both: the operator can disable a user of the provider, but cannot set a password for this user', async () => {
    const token = await tokenOf({ sub: 'provided', email: 'provided@example.com', email_verified: true });
    const { createApiKey } = await app.ask(CreateApiKeyDocument, {}, token);
    const env = { DATABASE_URL: app.databaseUrl, APP_SECRETS: Buffer.alloc(32, 'x1').toString('base64') };
    const users = (...args: string[]) => runBuiltCommand('users', args, env);
    expect(await users('reset-token', 'provided@example.com')).toMatchObject({
      code: 1,
      stderr: 'keyward: Accounts are managed by your identity provider or product. Sign in there.\n',
    });
    expect(await users('disable', 'provided')).toMatchObject({ code: 0, stderr: '' });
    expect((await me(token)).status).toBe(401);
    for (const ask of Object.values(DOORS)) expect((await ask(app, { key: createApiKey.plaintextKey })).code).toBe('OWNER_DISABLED');
    expect(await users('enable', 'provided@example.com')).toMatchObject({ code: 0, stderr: '' });
    expect((await me(token)).status).toBe(200);
  });

  test('external: every operation on passwords and sessions is FORBIDDEN, and Keyward’s own tokens are rejected', async () => {
    const secret = [randomBytes(32)];
    const before = await startTestApp({ appSecrets: secret });
    const { accessToken } = await before.newUser(input.email);
    const shared = { databaseUrl: before.databaseUrl, appSecrets: secret, clock: before.clock };
    const external = await startTestApp({ ...shared, env: { ...settings(), AUTH_MODE: 'external' } });
    const token = await tokenOf({}, {}, keyOf('ES256'), external);
    for (const answer of await passwordOperations(external, token)) {
      expect(answer.status).toBe(200);
      expect(answer.errors.map(({ message, extensions }) => [message, extensions.code])).toEqual([
        ['Accounts are managed by your identity provider or product. Sign in there.', 'FORBIDDEN'],
      ]);
    }
    expect((await me(token, external)).status).toBe(200);
    expect((await external.send(DeleteMyAccountDocument, {}, { token })).data).toEqual({ deleteMyAccount: { deleted: true } });
    const rejected = await me(accessToken, external);
    expect(rejected.status).toBe(401);
    expect(rejected.text).toBe((await me('garbage', external)).text);
    expect((await me(accessToken, before)).status).toBe(200);
    await Promise.all([before.close(), external.close()]);
  });

  test('local: a token of the provider is rejected, and the provider’s keys are not requested', async () => {
    const asked = server.requests;
    const local = await startTestApp({ env: { ...settings(), AUTH_MODE: 'local' } });
    expect((await me(await tokenOf({}, {}, keyOf('ES256'), local), local)).status).toBe(401);
    expect(codesOf((await passwordOperations(local, ''))[0] as never)).toEqual([]);
    expect(server.requests).toBe(asked);
    await local.close();
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateApiKeyDocument, MyApiKeysDocument, VerifyApiKeyDocument } from '../../generated/graphql.js';
import { runSql } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { actingFor, newExternalId, newService } from '../../support/services.js';
import { codesOf, type RequestOptions, startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
let replica: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  replica = await startTestApp({ databaseUrl: app.databaseUrl, clock: app.clock });
});
afterAll(async () => {
  await app.close();
  await replica.close();
});

/** Asks both replicas for the keys of a user, and returns the codes of their errors. */
const codesFor = async (options: RequestOptions): Promise<string[]> => {
  const answers = [await app.send(MyApiKeysDocument, {}, options), await replica.send(MyApiKeysDocument, {}, options)];
  return answers.flatMap(codesOf);
};

const REJECTED = ['UNAUTHENTICATED', 'UNAUTHENTICATED'];

describe('S2: a service token', () => {
  test('takes effect, and ends when it is revoked, at the next request on every replica', async () => {
    const service = await newService(app, ['users:act']);
    const options = actingFor(service, newExternalId());
    expect(await codesFor(options)).toEqual([]);
    await app.serviceTokens.revoke(service.name);
    expect(await codesFor(options)).toEqual(REJECTED);
    const answer = await app.send(MyApiKeysDocument, {}, options);
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="keyward", error="invalid_token"']);
  });

  test('is rejected from exactly its expiry', async () => {
    const service = await newService(app, ['users:act'], { expiresAt: new Date(app.clock.now().getTime() + 10_000) });
    const options = actingFor(service, newExternalId());
    app.clock.advanceSeconds(9);
    expect(await codesFor(options)).toEqual([]);
    app.clock.advanceSeconds(1);
    expect(await codesFor(options)).toEqual(REJECTED);
  });

  test.each(['-infinity', '0044-03-15 BC'])('is rejected, also as a verifier, with the expiry %s, stored by hand', async (expiry) => {
    const service = await newService(app, ['users:act', 'keys:verify']);
    const input = { key: 'unknown' };
    expect(codesOf(await app.send(VerifyApiKeyDocument, { input }, { token: service.token }))).toEqual([]);
    await runSql(app.databaseUrl, 'UPDATE service_tokens SET expires_at = $2::timestamptz WHERE name = $1', [service.name, expiry]);
    expect(await codesFor(actingFor(service, newExternalId()))).toEqual(REJECTED);
    expect(codesOf(await app.send(VerifyApiKeyDocument, { input }, { token: service.token }))).toEqual(['UNAUTHENTICATED']);
  });

  test('is rejected outside its CIDRs', async () => {
    const service = await newService(app, ['users:act'], { cidrs: ['192.0.2.0/24', '2001:db8::/32'] });
    const options = actingFor(service, newExternalId());
    for (const ipAddress of ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1']) expect(await codesFor({ ...options, ipAddress })).toEqual([]);
    for (const ipAddress of ['192.0.3.7', '127.0.0.1', '2001:db9::1']) expect(await codesFor({ ...options, ipAddress })).toEqual(REJECTED);
  });

  test('after a rotation is valid until the end of the overlap, and its successor at once', async () => {
    const { name, token } = await newService(app, ['users:act']);
    const externalId = newExternalId();
    const { plaintextToken: second } = await app.serviceTokens.rotate(name, 60);
    expect(await codesFor(actingFor({ name, token }, externalId))).toEqual([]);
    expect(await codesFor(actingFor({ name, token: second }, externalId))).toEqual([]);
    app.clock.advanceSeconds(60);
    expect(await codesFor(actingFor({ name, token }, externalId))).toEqual(REJECTED);
    const { plaintextToken: third } = await app.serviceTokens.rotate(name, 0);
    expect(await codesFor(actingFor({ name, token: second }, externalId))).toEqual(REJECTED);
    expect(await codesFor(actingFor({ name, token: third }, externalId))).toEqual([]);
  });

  test('is replaced once by parallel rotations', async () => {
    const { name } = await newService(app, ['users:act']);
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => app.serviceTokens.rotate(name, 60)));
    const issued = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.plaintextToken] : []));
    const valid = await Promise.all(issued.map((token) => app.send(MyApiKeysDocument, {}, actingFor({ name, token }, 'x'))));
    // Rotations that ran one after another are each valid; at most the last two secrets are.
    expect(valid.filter((answer) => codesOf(answer).length === 0).length).toBeLessThanOrEqual(2);
    expect(results.every((result) => result.status === 'fulfilled' || result.reason.code === 'CONFLICT')).toBe(true);
  });

  test.each([
    ['https://app.example.com', {}],
    ['null', {}],
    ['http://localhost:80', { host: 'other.example.com' }],
  ])('sent with the Origin %s is FORBIDDEN, and logged', async (origin, headers) => {
    const service = await newService(app, ['users:act']);
    const answer = await app.send(MyApiKeysDocument, {}, actingFor(service, newExternalId(), { origin, ...headers }));
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    expect(app.logs()).toContain(
      'A service token must not be sent by a browser. If your backend forwards requests, drop their Origin header.',
    );
    expect(app.logs()).not.toContain(service.token);
    const verification = 'mutation { verifyApiKey(input: { key: "x" }) { code } }';
    expect(codesOf(await app.send(verification, {}, { headers: { 'x-verifier-token': service.token, origin, ...headers } }))).toEqual([
      'FORBIDDEN',
    ]);
  });

  test('sent with the server’s own Origin is accepted outside production alone', async () => {
    const service = await newService(app, ['users:act']);
    const own = { origin: 'http://keyward.example.com', host: 'keyward.example.com' };
    expect(codesOf(await app.send(MyApiKeysDocument, {}, actingFor(service, newExternalId(), own)))).toEqual([]);
    const production = await startTestApp({ databaseUrl: app.databaseUrl, config: { production: true } });
    const answer = await production.send(MyApiKeysDocument, {}, actingFor(service, newExternalId(), own));
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    await production.close();
  });

  test('L2: without the permission is logged with its name and the permission', async () => {
    const service = await newService(app, ['users:read'], { name: 'reader' });
    const answer = await app.send(MyApiKeysDocument, {}, actingFor(service, 'x'));
    expect(answer.errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN', requiredPermission: 'users:act' } });
    const [line = ''] = app.logs().match(/^.*request of a service rejected.*$/m) ?? [];
    expect(JSON.parse(line)).toMatchObject({ actor: 'service:reader', requiredPermission: 'users:act', ipAddress: '127.0.0.1' });
  });

  test('with a wrong checksum, or an API key in its place, is rejected', async () => {
    const service = await newService(app, ['users:act']);
    const last = service.token.endsWith('0') ? '1' : '0';
    expect(await codesFor(actingFor({ ...service, token: `${service.token.slice(0, -1)}${last}` }, 'x'))).toEqual(REJECTED);
    const { data } = await app.send(CreateApiKeyDocument, {}, actingFor(service, newExternalId()));
    expect(await codesFor(actingFor({ ...service, token: data?.createApiKey.plaintextKey ?? '' }, 'x'))).toEqual(REJECTED);
  });

  test('is stored and logged nowhere, only its fingerprint', async () => {
    const { token, name } = await newService(app, ['users:act']);
    const [row] = await runSql<{ text: string }>(app.databaseUrl, 'SELECT t::text AS text FROM service_tokens t WHERE name = $1', [name]);
    const [events] = await runSql<{ text: string }>(app.databaseUrl, 'SELECT json_agg(e)::text AS text FROM audit_events e');
    const secret = token.split('.')[1] ?? '';
    for (const text of [row?.text, events?.text, app.logs()]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(token).toString('hex'));
    }
  });

  test('its last use is written at most once a minute', async () => {
    const service = await newService(app, ['users:act']);
    const lastUse = async () => (await app.serviceTokens.list()).find(({ serviceToken }) => serviceToken.name === service.name)?.lastUsedAt;
    expect(await lastUse()).toBeNull();
    const first = app.clock.now();
    await codesFor(actingFor(service, 'x'));
    await eventually(async () => expect(await lastUse()).toEqual(first), { withinMs: 2_000 });
    app.clock.advanceSeconds(59);
    await codesFor(actingFor(service, 'x'));
    app.clock.advanceSeconds(1);
    await codesFor(actingFor(service, 'x'));
    const second = app.clock.now();
    await eventually(async () => expect(await lastUse()).toEqual(second), { withinMs: 2_000 });
  });
});

describe('A12: fair use of services', () => {
  test('a service that acts for a user consumes the allowance of that user', async () => {
    const service = await newService(app, ['users:act']);
    const options = actingFor(service, newExternalId());
    const keys = `{ ${Array.from({ length: 3 }, (_, index) => `a${index}: myApiKeyHistory(first: 100) { edges { node { id name status scopes createdAt expiresAt } } }`).join(' ')} }`;
    let answer = await app.send(keys, {}, options);
    for (let requests = 0; requests < 60 && codesOf(answer).length === 0; requests += 1) answer = await app.send(keys, {}, options);
    expect(new Set(codesOf(answer))).toEqual(new Set(['RATE_LIMITED']));
    expect(codesOf(await app.send(keys, {}, actingFor(service, newExternalId())))).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateApiKeyDocument,
  MyApiKeyHistoryDocument,
  MyKeyPolicyDocument,
  RotateApiKeyDocument,
  UpdateApiKeyDocument,
  VerifyApiKeyDocument,
} from '../generated/graphql.js';
import { type MadeKey, newKey } from '../support/doors.js';
import { assignPolicy, type Ceilings, changePolicy, newPolicy } from '../support/policies.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

const DAY_SECONDS = 86_400;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const inDays = (days: number) => new Date(app.clock.now().getTime() + days * DAY_SECONDS * 1_000).toISOString();

/** Creates a key, and then a policy that binds its owner. */
async function boundKey(
  ceilings: Ceilings,
  input: Parameters<typeof newKey>[1] = {},
): Promise<MadeKey & { policyId: string; policy: string }> {
  const key = await newKey(app, input);
  const policy = await newPolicy(app, ceilings);
  await assignPolicy(app, { id: key.userId }, policy.id);
  return { ...key, policyId: policy.id, policy: policy.name };
}

async function verify({ key }: { key: string }, question: { scopes?: string[]; ipAddress?: string } = {}) {
  return (await app.ask(VerifyApiKeyDocument, { input: { key, ...question } }, undefined)).verifyApiKey;
}

describe('P1: a policy binds existing keys, and the message of a rejection names it', () => {
  test('for scopes', async () => {
    const key = await boundKey({ scopes: ['orders:read'] }, { scopes: ['orders:*', 'invoices:read'] });
    expect(await verify(key, { scopes: ['orders:read'] })).toMatchObject({ code: 'VALID', scopes: ['orders:read'] });
    expect(await verify(key, { scopes: ['orders:write'] })).toMatchObject({
      code: 'INSUFFICIENT_SCOPE',
      message: `The scope orders:write is not permitted by the policy ${key.policy}.`,
    });
    expect(await verify(key, { scopes: ['users:read'] })).toMatchObject({ message: 'The key lacks the scope users:read.' });
  });

  test('for addresses', async () => {
    const key = await boundKey({ allowedCidrs: ['192.0.2.0/24'] }, { allowedCidrs: ['192.0.0.0/16'] });
    expect(await verify(key, { ipAddress: '192.0.2.1' })).toMatchObject({ code: 'VALID' });
    expect(await verify(key, { ipAddress: '192.0.3.1' })).toMatchObject({
      code: 'IP_NOT_ALLOWED',
      message: `This IP address is not permitted by the policy ${key.policy}.`,
    });
    expect(await verify(key, { ipAddress: '198.51.100.1' })).toMatchObject({ message: 'The key must not be used from this IP address.' });
    expect(await verify(key)).toMatchObject({ code: 'IP_NOT_ALLOWED' });
    // What plain SQL wrote wrongly permits no address.
    await changePolicy(app, key.policyId, { allowedCidrs: ['anywhere'] });
    expect(await verify(key, { ipAddress: '192.0.2.1' })).toMatchObject({ code: 'IP_NOT_ALLOWED' });
  });

  test('for the lifetime, and a key that only the policy ended is valid again when the policy permits it', async () => {
    const key = await boundKey({ keyLifetimeDaysMax: 90 });
    const other = await boundKey({ keyLifetimeDaysMax: 90 }, { expiresAt: inDays(80) });
    expect(await verify(key)).toMatchObject({ code: 'VALID', expiresAt: inDays(90) });
    app.clock.advanceSeconds(90 * DAY_SECONDS);
    expect(await verify(key)).toMatchObject({
      code: 'EXPIRED',
      message: `The key has reached the maximum lifetime that the policy ${key.policy} permits.`,
    });
    expect(await verify(other)).toMatchObject({ code: 'EXPIRED', message: 'The key has expired.' });
    for (const { policyId } of [key, other]) await changePolicy(app, policyId, { keyLifetimeDaysMax: 91 });
    expect([(await verify(key)).code, (await verify(other)).code]).toEqual(['VALID', 'EXPIRED']);
  });

  test('at /verify, with the effective scopes in the header and the reason in the detail', async () => {
    const { key, policy } = await boundKey({ scopes: ['a:*'] }, { scopes: ['a:b', 'c'] });
    const ask = (query: string) => app.http.inject({ url: `/verify${query}`, headers: { 'x-api-key': key } });
    expect((await ask('')).headers['x-keyward-scopes']).toBe('a:b');
    expect((await ask('?scope=c')).json()).toMatchObject({
      status: 403,
      code: 'INSUFFICIENT_SCOPE',
      detail: `The scope c is not permitted by the policy ${policy}.`,
    });
  });
});

describe('P2: the rate limit of the owner', () => {
  test('is shared by all keys, beside their own, and a rejected verification consumes neither', async () => {
    const first = await boundKey({ ownerRateLimit: { limit: 5, windowSeconds: 60 } }, { rateLimit: { limit: 3, windowSeconds: 60 } });
    const { createApiKey } = await app.ask(CreateApiKeyDocument, { input: {} }, first.token);
    const second = { key: createApiKey.plaintextKey };
    const codes = [];
    for (let use = 1; use <= 4; use += 1) codes.push((await verify(first)).code);
    expect(codes).toEqual(['VALID', 'VALID', 'VALID', 'RATE_LIMITED']);
    // The rejected one left the limit of the owner as it was.
    expect(await verify(second)).toMatchObject({ code: 'VALID', rateLimit: { limit: 5, remaining: 1 } });
    const peek = { key: second.key, dryRun: true };
    expect((await app.ask(VerifyApiKeyDocument, { input: peek }, undefined)).verifyApiKey).toMatchObject({ rateLimit: { remaining: 1 } });
    expect((await verify(second)).code).toBe('VALID');
    expect(await verify(second)).toMatchObject({
      code: 'RATE_LIMITED',
      message: `The rate limit of the policy ${first.policy} for all keys of the owner is exceeded. Try again in 60 seconds.`,
      rateLimit: { limit: 5, remaining: 0 },
    });
    const gateway = await app.http.inject({ url: '/verify', headers: { 'x-api-key': second.key } });
    expect(gateway.headers).toMatchObject({ 'ratelimit-policy': '"owner";q=5;w=60', ratelimit: '"owner";r=0;t=60', 'retry-after': '60' });
    app.clock.advanceSeconds(60);
    expect(await verify(first)).toMatchObject({ code: 'VALID', rateLimit: { limit: 3, remaining: 2 } });
  });

  test('admits exactly its limit of parallel verifications, also across a rotation', async () => {
    const key = await boundKey({ ownerRateLimit: { limit: 20, windowSeconds: 60 } }, { rateLimit: { limit: 15, windowSeconds: 60 } });
    const rotated = await app.ask(RotateApiKeyDocument, { id: key.id, input: { gracePeriodSeconds: 600 } }, key.token);
    const { createApiKey } = await app.ask(CreateApiKeyDocument, { input: {} }, key.token);
    const pair = [key.key, rotated.rotateApiKey.plaintextKey];
    const ofPair = await Promise.all(Array.from({ length: 40 }, (_, use) => verify({ key: pair[use % 2] ?? '' })));
    expect(ofPair.filter(({ valid }) => valid)).toHaveLength(15);
    const ofOther = await Promise.all(Array.from({ length: 40 }, () => verify({ key: createApiKey.plaintextKey })));
    expect(ofOther.filter(({ valid }) => valid)).toHaveLength(5);
  });
});

describe('P3: a change of keys', () => {
  const create = (token: string, input: object = {}) => app.send(CreateApiKeyDocument, { input }, { token });

  test('creates exactly as many keys as the policy permits under 40 parallel requests', async () => {
    const { accessToken, user } = await app.newUser();
    await assignPolicy(app, { id: user.id }, (await newPolicy(app, { keysMax: 3 })).id);
    const answers = await Promise.all(Array.from({ length: 40 }, () => create(accessToken)));
    const rejected = answers.filter(({ data }) => !data);
    expect([answers.length - rejected.length, new Set(rejected.flatMap(codesOf))]).toEqual([3, new Set(['API_KEY_LIMIT_REACHED'])]);
    expect(rejected[0]?.errors[0]?.extensions.limit).toBe(3);
    const { myKeyPolicy } = await app.ask(MyKeyPolicyDocument, {}, accessToken);
    expect(myKeyPolicy).toEqual({
      scopes: null,
      keysMax: 3,
      keysUsed: 3,
      ownerRateLimit: null,
      keyLifetimeDaysMax: null,
      expiryRequired: false,
      allowedCidrs: [],
      expiryWarningDays: 14,
      yourAddress: '127.0.0.1',
    });
  });

  test('is rejected at its field if it grants what the policy does not permit', async () => {
    const key = await boundKey({ scopes: ['a:*'], keyLifetimeDaysMax: 30, expiryRequired: true }, { scopes: ['b'] });
    const send = { token: key.token };
    const pathsOf = ({ errors }: { errors: { extensions: Record<string, unknown> }[] }) =>
      (errors[0]?.extensions.fields as { path: string }[] | undefined)?.map(({ path }) => path);
    const update = (input: object) => app.send(UpdateApiKeyDocument, { id: key.id, input }, send);
    expect(pathsOf(await create(key.token, { scopes: ['a:b', 'b'] }))).toEqual(['input.scopes.1', 'input.expiresAt']);
    expect(pathsOf(await create(key.token, { expiresAt: inDays(31) }))).toEqual(['input.expiresAt']);
    expect(pathsOf(await update({ scopes: ['b'] }))).toEqual(['input.scopes.0']);
    expect(pathsOf(await update({ expiresAt: null }))).toEqual(['input.expiresAt']);
    expect(pathsOf(await update({ expiresAt: inDays(31) }))).toEqual(['input.expiresAt']);
    expect(codesOf(await update({ name: 'kept', scopes: ['a:b'], expiresAt: inDays(30) }))).toEqual([]);
    expect(codesOf(await app.send(RotateApiKeyDocument, { id: key.id, input: { expiresAt: null } }, send))).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await app.send(RotateApiKeyDocument, { id: key.id }, send))).toEqual([]);
  });

  test('is rejected for a key that the policy ended', async () => {
    const key = await boundKey({ keyLifetimeDaysMax: 1 });
    await app.database.apiKey.update({ where: { id: key.id }, data: { createdAt: new Date(inDays(-1)) } });
    for (const answer of [
      await app.send(UpdateApiKeyDocument, { id: key.id, input: { name: 'revived' } }, { token: key.token }),
      await app.send(RotateApiKeyDocument, { id: key.id }, { token: key.token }),
    ]) {
      expect(codesOf(answer)).toEqual(['CONFLICT']);
    }
    const { myApiKeyHistory } = await app.ask(MyApiKeyHistoryDocument, { first: 10, after: null }, key.token);
    expect(myApiKeyHistory.edges.map(({ node }) => [node.id, node.status])).toEqual([[key.id, 'EXPIRED']]);
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateApiKeyDocument, ImportApiKeysDocument, type ImportApiKeysInput, MyApiKeysDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { DOORS, dataOf } from '../support/doors.js';
import { actingFor, newExternalId, newService, type TestService } from '../support/services.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let service: TestService;
beforeAll(async () => {
  app = await startTestApp();
  service = await newService(app, ['keys:write'], { name: 'backend' });
});
afterAll(() => app.close());

const newText = () => `sk_live_${randomBytes(18).toString('hex')}`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const FORM: ImportApiKeysInput['form'] = { algorithm: 'SHA256' };
const send = (input: Partial<ImportApiKeysInput> & Pick<ImportApiKeysInput, 'keys'>, headers: Record<string, string> = {}) =>
  app.send(ImportApiKeysDocument, { input: { form: FORM, ...input } }, { token: service.token, headers });
const importAll = async (input: Parameters<typeof send>[0]) => dataOf(await send(input)).importApiKeys;
const codes = (key: string) => Promise.all(Object.values(DOORS).map(async (verify) => (await verify(app, { key })).code));
const present = { outcome: 'ALREADY_PRESENT', apiKeyId: null, keyPrefix: null, reasons: [] };
const invalid = (...reasons: string[]) => ({ outcome: 'INVALID', apiKeyId: null, keyPrefix: null, reasons });

describe('importApiKeys', () => {
  test('imports each valid key of a batch with its settings, and gives every key an outcome of its own, without values', async () => {
    const [key, other] = [newText(), newText()];
    const externalId = newExternalId();
    const { results, usersCreated } = await importAll({
      keys: [
        {
          hash: sha256(key),
          externalId,
          displayPrefix: 'sk_live_',
          name: 'build server',
          scopes: ['orders:read'],
          allowedCidrs: ['127.0.0.1'],
          rateLimit: { limit: 10, windowSeconds: 60 },
          metadata: { team: 'a' },
          trustedMetadata: { plan: 'pro' },
          createdAt: '2024-01-31T12:00:00.000Z',
          expiresAt: '2035-01-31T12:00:00.000Z',
        },
        { hash: 'canary', externalId },
        { hash: sha256(other) },
        { hash: sha256(other), externalId, email: 'ada@example.com', scopes: ['CANARY'] },
        { hash: sha256(key), externalId },
        { hash: sha256(key), externalId: newExternalId() },
        { hash: sha256(other), externalId, displayPrefix: other },
      ],
    });
    const imported = {
      outcome: 'IMPORTED',
      apiKeyId: expect.any(String),
      keyPrefix: expect.stringMatching(/^amos_[0-9a-f]{8}$/),
      reasons: [],
    };
    expect({ results, usersCreated }).toEqual({
      results: [
        imported,
        invalid('hash must be 64 hexadecimal digits'),
        invalid('email or externalId is missing'),
        invalid(
          'email and externalId must not both be given',
          'scopes.0 must be lower-case letters, digits and . _ : - (and may end in :*)',
        ),
        present,
        invalid('hash belongs to another key'),
        invalid('displayPrefix must have 1 to 40 characters'),
      ],
      usersCreated: 1,
    });
    expect(await DOORS['/verify']?.(app, { key })).toEqual({ code: 'VALID', keyId: results[0]?.apiKeyId });
    expect(await app.database.apiKey.findFirst({ where: { id: results[0]?.apiKeyId ?? '' }, include: { user: true } })).toMatchObject({
      name: 'build server',
      scopes: ['orders:read'],
      rateLimit: 10,
      metadata: { team: 'a' },
      trustedMetadata: { plan: 'pro' },
      displayPrefix: 'sk_live_',
      createdAt: new Date('2024-01-31T12:00:00.000Z'),
      user: { externalId, email: null },
    });
  });

  test('imports nothing twice when it is repeated, also concurrently', async () => {
    const keys = Array.from({ length: 100 }, () => ({ hash: sha256(newText()), externalId: newExternalId() }));
    const answers = await Promise.all([importAll({ keys }), importAll({ keys }), importAll({ keys })]);
    const outcomes = answers.flatMap(({ results }) => results.map(({ outcome }) => outcome));
    expect(outcomes.filter((outcome) => outcome === 'IMPORTED')).toHaveLength(100);
    expect(outcomes.filter((outcome) => outcome === 'ALREADY_PRESENT')).toHaveLength(200);
    expect(answers.reduce((total, { usersCreated }) => total + usersCreated, 0)).toBe(100);
    expect((await importAll({ keys })).results).toEqual(Array(100).fill(present));
  });

  test('writes nothing in a dry run, and reports the same outcomes', async () => {
    const key = newText();
    const keys = [{ hash: sha256(key), externalId: newExternalId() }];
    const { results, usersCreated } = await importAll({ keys: [...keys, ...keys], dryRun: true });
    expect([results.map(({ outcome }) => outcome), usersCreated]).toEqual([['IMPORTED', 'ALREADY_PRESENT'], 1]);
    expect(results[0]).toMatchObject({ apiKeyId: null, keyPrefix: null });
    expect(await codes(key)).not.toContain('VALID');
  });

  test.each([
    ['SHA-512 in base64', { algorithm: 'SHA512', encoding: 'BASE64' }, (key: string) => createHash('sha512').update(key).digest('base64')],
    [
      'SHA-256 in base64url',
      { algorithm: 'SHA256', encoding: 'BASE64URL' },
      (key: string) => createHash('sha256').update(key).digest('base64url'),
    ],
    [
      'SHA-256 of the part after the first _',
      { algorithm: 'SHA256', part: 'after-first:_' },
      (key: string) => sha256(key.slice(key.indexOf('_') + 1)),
    ],
  ] satisfies [string, ImportApiKeysInput['form'], (key: string) => string][])('imports %s', async (_case, form, hashOf) => {
    const key = newText();
    const { results } = await importAll({ form, keys: [{ hash: hashOf(key), externalId: newExternalId() }] });
    expect(results).toMatchObject([{ outcome: 'IMPORTED' }]);
    expect(await codes(key)).toEqual(['VALID', 'VALID']);
  });

  test.each([
    [{ keys: [] }, 'input.keys', 'must have 1 to 100 items'],
    [{ keys: Array.from({ length: 101 }, () => ({ hash: 'x' })) }, 'input.keys', 'must have 1 to 100 items'],
    [
      { form: { ...FORM, part: 'middle' }, keys: [{ hash: 'x' }] },
      'input.form.part',
      'must be whole, after-first:X, after-last:X, before-first:X or before-last:X, where X is one of . _ ~ + / = : -, or first:N with N from 1 to 99',
    ],
    [
      { form: { ...FORM, part: 'first:8' }, keys: [{ hash: 'x' }] },
      'input.form.part',
      'must be whole, after-first:X or after-last:X: the part that is hashed',
    ],
  ])('G9: rejects the input %#, and names the field', async (input, path, message) => {
    const { errors } = await send(input);
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path, message }] });
  });

  test('K14: gives no key to an account that was created by sign-up', async () => {
    const { accessToken, user } = await app.newUser();
    const { results } = await importAll({ keys: [{ hash: sha256(newText()), email: user.email }] });
    expect(results).toEqual([invalid('email belongs to an account that was created by sign-up. Use --into-existing to give it the key.')]);
    expect((await app.ask(MyApiKeysDocument, {}, accessToken)).myApiKeys).toEqual([]);
  });

  test('never exceeds the number of keys of a user, also while keys are created', async () => {
    const externalId = newExternalId();
    const acting = actingFor(await newService(app, ['users:act']), externalId);
    const batches = Array.from({ length: 4 }, () =>
      importAll({ keys: Array.from({ length: 4 }, () => ({ hash: sha256(newText()), externalId })) }),
    );
    await Promise.all([...batches, ...Array.from({ length: 4 }, () => app.send(CreateApiKeyDocument, { input: {} }, acting))]);
    expect(await app.database.apiKey.count({ where: { user: { externalId } } })).toBe(5);
  });

  test('L2: records the service, the person and their address with each key and each created user', async () => {
    const externalId = newExternalId();
    const answer = await send(
      { keys: [{ hash: sha256(newText()), externalId }] },
      { 'x-keyward-actor': 'ada', 'x-keyward-client-address': '203.0.113.9' },
    );
    const [result] = dataOf(answer).importApiKeys.results;
    const events = await runSql<{ action: string; ip_address: string; details: object }>(
      app.databaseUrl,
      'SELECT action, ip_address, details FROM audit_events WHERE user_id = (SELECT id FROM users WHERE external_id = $1) ORDER BY action',
      [externalId],
    );
    const actor = 'service:backend/ada';
    expect(events).toEqual([
      { action: 'API_KEY_IMPORTED', ip_address: '203.0.113.9', details: { keyPrefix: result?.keyPrefix, actor } },
      { action: 'USER_CREATED', ip_address: '203.0.113.9', details: { actor } },
    ]);
  });

  test('gives the owner that it creates the policy of the key, and rejects keys beyond that policy', async () => {
    const [externalId, other] = [newExternalId(), newExternalId()];
    await runSql(
      app.databaseUrl,
      "INSERT INTO policies (id, name, limits_scopes, scopes, keys_max, created_at) VALUES (gen_random_uuid(), 'pro', true, '{orders:read}', 2, now())",
    );
    const keyFor = (owner: string, more: object = {}) => ({ hash: sha256(newText()), externalId: owner, policy: 'pro', ...more });
    const { results } = await importAll({
      keys: [
        keyFor(externalId, { scopes: ['orders:read'] }),
        keyFor(externalId, { scopes: ['orders:write'] }),
        keyFor(externalId),
        keyFor(externalId),
        keyFor(other, { policy: 'unknown' }),
        keyFor(other, { policy: null }),
        keyFor(other),
      ],
    });
    expect(results.map(({ outcome, reasons }) => reasons[0] ?? outcome)).toEqual([
      'IMPORTED',
      expect.stringContaining('scopes.0'),
      'IMPORTED',
      'the user already has 2 usable keys (policy pro)',
      'policy is not the name of a policy',
      'IMPORTED',
      'policy is not the policy of the existing user',
    ]);
    const users = await app.database.user.findMany({ where: { externalId: { in: [externalId, other] } }, include: { policy: true } });
    expect(users.map((user) => [user.externalId, user.policy?.name ?? null, user.policySetAt !== null]).sort()).toEqual(
      [
        [externalId, 'pro', true],
        [other, null, false],
      ].sort(),
    );
  });
});

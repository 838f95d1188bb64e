import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiKeyDocument, CreateApiKeyDocument, type CreateApiKeyInput, MyApiKeysDocument } from '../generated/graphql.js';
import { credentialsOf } from '../support/acting-service.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await startTestApp({ env: { MAX_KEYS_PER_USER: '1000' } });
  token = (await app.newUser()).accessToken;
});
afterAll(() => app.close());

const create = (input: CreateApiKeyInput) => app.send(CreateApiKeyDocument, { input }, { token });

/** Returns the time that is `seconds` ahead of the app's clock. */
const inSeconds = (seconds: number) => new Date(app.clock.now().getTime() + seconds * 1_000).toISOString();

const DAY = 86_400;

describe('createApiKey with settings', () => {
  test('stores and returns them as they were sent', async () => {
    const settings = {
      name: 'build server',
      scopes: ['orders:read', 'invoices:*'],
      allowedCidrs: ['192.0.2.0/24', '2001:db8::/32', '198.51.100.7'],
      rateLimit: { limit: 100, windowSeconds: 60 },
      metadata: { plan: 'pro', seats: 5, tags: ['a', 'b'], nested: { text: 'two\nlines', none: null } },
      expiresAt: inSeconds(DAY),
    };
    const { data } = await create(settings);
    expect(data?.createApiKey.apiKey).toMatchObject(settings);
    const { apiKey } = await app.ask(ApiKeyDocument, { id: data?.createApiKey.apiKey.id ?? '' }, token);
    expect(apiKey).toMatchObject(settings);
  });

  test('stores repeated scopes and CIDR ranges once', async () => {
    const { data } = await create({ scopes: ['a', 'b', 'a'], allowedCidrs: ['::1', '::1'] });
    expect(data?.createApiKey.apiKey).toMatchObject({ scopes: ['a', 'b'], allowedCidrs: ['::1'] });
  });

  test('accepts null as no name, no rate limit and no expiry', async () => {
    const { data } = await create({ name: null, rateLimit: null, expiresAt: null });
    expect(data?.createApiKey.apiKey).toMatchObject({ name: null, rateLimit: null, expiresAt: null });
  });

  test.each<[string, object, string, string]>([
    ['51 scopes', { scopes: Array.from({ length: 51 }, (_, n) => `s${n}`) }, 'input.scopes', 'must have at most 50 items'],
    ['a scope of 65 characters', { scopes: ['a', 's'.repeat(65)] }, 'input.scopes.1', 'must be at most 64 characters long'],
    ...['', 'Orders', 'a b', 'ä', '*', 'orders*', 'orders:*:read', ':*'.repeat(2), 'a\u0000b'].map(
      (scope): [string, object, string, string] => [
        `the scope ${JSON.stringify(scope)}`,
        { scopes: [scope] },
        'input.scopes.0',
        'must be lower-case letters, digits and . _ : - (and may end in :*)',
      ],
    ),
    [
      '51 ranges',
      { allowedCidrs: Array.from({ length: 51 }, (_, n) => `10.0.0.${n}`) },
      'input.allowedCidrs',
      'must have at most 50 items',
    ],
    ...['', '10', '10.0.0.0/33', '10.0.0/8', '0x7f.1', '::/129', '10.0.0.0/-1', '10.0.0.0/8/8', 'fe80::1%eth0', 'example.com', ' ::1'].map(
      (range): [string, object, string, string] => [
        `the range ${JSON.stringify(range)}`,
        { allowedCidrs: [range] },
        'input.allowedCidrs.0',
        'must be an IP address or a CIDR range',
      ],
    ),
    ['a limit of 0', { rateLimit: { limit: 0, windowSeconds: 1 } }, 'input.rateLimit.limit', 'must be from 1 to 1000000'],
    ['a limit of 1,000,001', { rateLimit: { limit: 1_000_001, windowSeconds: 1 } }, 'input.rateLimit.limit', 'must be from 1 to 1000000'],
    ['a window of 0 s', { rateLimit: { limit: 1, windowSeconds: 0 } }, 'input.rateLimit.windowSeconds', 'must be from 1 to 86400'],
    [
      'a window of 86,401 s',
      { rateLimit: { limit: 1, windowSeconds: 86_401 } },
      'input.rateLimit.windowSeconds',
      'must be from 1 to 86400',
    ],
    ['4,097 bytes of metadata', { metadata: { a: 'x'.repeat(4_097 - 8) } }, 'input.metadata', 'must be at most 4096 bytes of JSON'],
    [
      '4,098 bytes of metadata in 2-byte characters',
      { metadata: { a: 'é'.repeat(2_045) } },
      'input.metadata',
      'must be at most 4096 bytes of JSON',
    ],
    ['a NUL in metadata', { metadata: { a: ['b\u0000'] } }, 'input.metadata', 'must not contain control characters'],
    ['a NUL in a name in metadata', { metadata: { 'a\u0000': 1 } }, 'input.metadata', 'must not contain control characters'],
    ['half a surrogate pair in metadata', { metadata: { a: '\ud800' } }, 'input.metadata', 'must be valid Unicode'],
    ['null scopes', { scopes: null }, 'input.scopes', 'must not be null'],
    ['null allowedCidrs', { allowedCidrs: null }, 'input.allowedCidrs', 'must not be null'],
    ['null metadata', { metadata: null }, 'input.metadata', 'must not be null'],
    ['an expiry at the current time', { expiresAt: '2026-01-31T12:00:00.000Z' }, 'input.expiresAt', 'must be in the future'],
    ['an expiry in the past', { expiresAt: '2020-01-31T12:00:00.000Z' }, 'input.expiresAt', 'must be in the future'],
    ['an expiry in more than 10 years', { expiresAt: '2036-01-31T12:00:00.001Z' }, 'input.expiresAt', 'must be within 10 years'],
  ])('G9: rejects %s with the path of the field, and without repeating the value', async (_case, input, path, message) => {
    const answer = await create(input);
    expect(answer.errors[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', fields: [{ path, message }] });
  });

  const numbers: [string, string[]][] = [
    [
      'has 22 digits or more when written out',
      ['1e308', '-1e22', '1.7976931348623157e308', '1e-300', '5e-324', '1e21', '1e-21', '1.2345678901234567e-10'],
    ],
    ['is not finite', ['1e999', '-1e999']],
  ];
  test.each(numbers.flatMap(([why, literals]) => literals.map((literal) => [literal, why] as const)))(
    'K13: rejects the number %s in metadata with its path, as literal and as variable: it %s',
    async (literal) => {
      const fields = [{ path: 'input.metadata.a.1.b', message: 'must have at most 21 digits when written out' }];
      const asLiteral = await app.send(
        `mutation { createApiKey(input: { metadata: { a: [0, { b: ${literal} }] } }) { plaintextKey } }`,
        {},
        { token },
      );
      expect(asLiteral.errors[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', fields });
      const response = await app.http.inject({
        method: 'POST',
        url: '/graphql',
        headers: { 'content-type': 'application/json', ...credentialsOf(token) },
        payload: `{"query":${JSON.stringify(String(CreateApiKeyDocument))},"variables":{"input":{"metadata":{"a":[0,{"b":${literal}}]}}}}`,
      });
      expect(response.json().errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT', fields });
    },
  );

  test('K13: returns any other metadata as it was sent', async () => {
    const metadata = {
      big: 1e20,
      small: 1e-20,
      third: 1 / 3,
      max: Number.MAX_SAFE_INTEGER,
      zero: 0,
      deep: JSON.parse(`${'['.repeat(900)}${']'.repeat(900)}`),
    };
    const answer = await create({ metadata });
    expect(codesOf(answer)).toEqual([]);
    expect(answer.data?.createApiKey.apiKey.metadata).toEqual(metadata);
    const tooLong = await create({ metadata: { a: Array(400).fill(1e-20) } });
    expect(tooLong.errors[0]?.extensions.fields).toEqual([{ path: 'input.metadata', message: 'must be at most 4096 bytes of JSON' }]);
  });

  test.each(['{ constructor: { prototype: { a: 1 } } }', '{ a: [{ __proto__: { b: 1 } }] }'])(
    'G9: rejects the metadata %s as a literal and as JSON',
    async (literal) => {
      const answer = await app.send(`mutation { createApiKey(input: { metadata: ${literal} }) { plaintextKey } }`, {}, { token });
      expect(answer.errors[0]?.extensions.fields).toEqual([
        { path: 'input.metadata', message: 'must be a JSON object, without members called __proto__ or constructor.prototype' },
      ]);
      const json = literal.replace(/(\w+):/g, '"$1":');
      const response = await app.http.inject({
        method: 'POST',
        url: '/graphql',
        headers: { 'content-type': 'application/json', ...credentialsOf(token) },
        payload: `{"query":${JSON.stringify(String(CreateApiKeyDocument))},"variables":{"input":{"metadata":${json}}}}`,
      });
      expect(response.statusCode).toBe(400);
    },
  );

  test('G9: rejects metadata that is nested 15,000 levels deep', async () => {
    // JSON.stringify fails at this depth.
    const metadata = `${'{"a":'.repeat(15_000)}1${'}'.repeat(15_000)}`;
    const response = await app.http.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json', ...credentialsOf(token) },
      payload: `{"query":${JSON.stringify(String(CreateApiKeyDocument))},"variables":{"input":{"metadata":${metadata}}}}`,
    });
    expect(response.json().errors[0].extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.metadata', message: 'is nested too deeply' }],
    });
  });

  test('accepts values at the limits', async () => {
    const { errors } = await create({
      scopes: Array.from({ length: 50 }, (_, n) => `${'s'.repeat(62)}${n + 10}`),
      allowedCidrs: Array.from({ length: 50 }, (_, n) => `10.0.${n}.0/24`),
      rateLimit: { limit: 1_000_000, windowSeconds: 86_400 },
      metadata: { a: 'x'.repeat(4_096 - 8) },
      expiresAt: '2036-01-31T12:00:00.000Z',
    });
    expect(errors).toEqual([]);
  });

  test('reports all invalid fields in one response', async () => {
    const answer = await create({ name: '', scopes: ['A', 'ok', 'B'], rateLimit: { limit: 0, windowSeconds: 0 } });
    const paths = ['input.name', 'input.scopes.0', 'input.scopes.2', 'input.rateLimit.limit', 'input.rateLimit.windowSeconds'];
    expect(answer.errors[0]?.extensions.fields).toEqual(paths.map((path) => ({ path, message: expect.any(String) })));
  });
});

describe('an expired key', () => {
  test('has the status EXPIRED from its expiry, is not listed by myApiKeys, and does not count against the limit', async () => {
    const other = await startTestApp({ env: { MAX_KEYS_PER_USER: '1' }, clock: app.clock });
    const { accessToken } = await other.newUser();
    const { createApiKey } = await other.ask(CreateApiKeyDocument, { input: { expiresAt: inSeconds(60) } }, accessToken);
    const status = async () => (await other.ask(ApiKeyDocument, { id: createApiKey.apiKey.id }, accessToken)).apiKey?.status;

    app.clock.advanceSeconds(59.999);
    expect(await status()).toBe('ACTIVE');
    expect(codesOf(await other.send(CreateApiKeyDocument, {}, { token: accessToken }))).toEqual(['API_KEY_LIMIT_REACHED']);
    app.clock.advanceSeconds(0.001);
    expect(await status()).toBe('EXPIRED');
    expect((await other.ask(MyApiKeysDocument, {}, accessToken)).myApiKeys).toEqual([]);
    expect(codesOf(await other.send(CreateApiKeyDocument, {}, { token: accessToken }))).toEqual([]);
    await other.close();
  });
});

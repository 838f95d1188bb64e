import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  type GraphQLObjectType,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  parse,
} from 'graphql';
import { buildKeywardSchema } from '../../../src/keyward-schema.js';
import { documentError } from '../../../src/platform/graphql/validation.js';
import { GRAPHQL_LIMITS } from '../../../src/platform/limits.js';
import { codesOf, startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await startTestApp();
  token = (await app.newUser()).accessToken;
});
afterAll(() => app.close());

const many = (count: number, part: (index: number) => string) => Array.from({ length: count }, (_, index) => part(index)).join(' ');

const SIGN_IN = 'signIn(input: { email: "a@example.com", password: "x" }) { accessToken }';

describe('G2: the limits on root fields and aliases', () => {
  test.each([
    ['11 root fields', `{ ${many(11, (index) => `f${index}: me { id }`)} }`],
    ['11 root fields without aliases', `{ ${many(11, () => 'me { id }')} }`],
    ['11 aliases below the root', `{ myApiKeys { ${many(11, (index) => `a${index}: id`)} } }`],
    ['11 root fields by a fragment', `{ ...all } fragment all on Query { ${many(11, () => 'me { id }')} }`],
    ['2 × 6 root fields by one fragment spread twice', `{ ...all ...all } fragment all on Query { ${many(6, () => 'me { id }')} }`],
    ['2 mutations', `mutation { a: ${SIGN_IN} b: ${SIGN_IN} }`],
    ['2 mutations, the second by a fragment', `mutation { ${SIGN_IN} ...more } fragment more on Mutation { b: ${SIGN_IN} }`],
    ['2 mutations, the second by an inline fragment', `mutation { ${SIGN_IN} ... on Mutation { b: ${SIGN_IN} } }`],
    ['2 mutations of which one is skipped', `mutation { a: ${SIGN_IN} b: ${SIGN_IN.replace(') {', ') @skip(if: true) {')} }`],
    ['2 mutations in the second operation', `query A { me { id } } mutation B { a: ${SIGN_IN} b: ${SIGN_IN} }`],
    ['100 aliased sign-ins', `mutation { ${many(100, (index) => `s${index}: ${SIGN_IN}`)} }`],
  ])('reject %s before a resolver or a hash runs', async (_case, query) => {
    const before = app.hashes.requested;
    const response = await app.http.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json' },
      payload: { query, operationName: query.includes('query A') ? 'A' : undefined },
    });
    const { errors, data } = response.json();
    expect(errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(data).toBeUndefined();
    expect(app.hashes.requested).toBe(before);
  });

  test('accept 10 root fields, 10 aliases, and __typename next to a mutation', async () => {
    expect(codesOf(await app.send(`{ ${many(10, (index) => `f${index}: me { id }`)} }`, {}, { token }))).toEqual([]);
    expect(codesOf(await app.send(`mutation { __typename createApiKey { plaintextKey } }`, {}, { token }))).toEqual([]);
  });
});

describe('G2: the limit on the cost of a document', () => {
  const usage = (alias: string) => `${alias}usage(from: "2026-01-01T00:00:00Z", to: "2026-01-31T00:00:00Z") { start allowed refused }`;
  const history = (first: string, fields: string) =>
    `query ${first === '$n' ? '($n: Int! = 1)' : ''} { myApiKeyHistory(first: ${first}) { edges { node { ${fields} } } } }`;

  test.each([
    ['two usage fields on the longest page', history('100', `${usage('a: ')} ${usage('b: ')}`)],
    [
      'nine usage fields of each key, of its predecessor and of the predecessor’s successor',
      `{ myApiKeys { ${many(9, (n) => usage(`u${n}: `))} replaces { ${many(9, () => usage(''))} replacedBy { ${many(9, () => usage(''))} } } } }`,
    ],
  ])('rejects %s before a resolver runs', async (_case, query) => {
    const answer = await app.send(query, {}, { token });
    expect(codesOf(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  test('counts a page with a variable length by the value of the variable', async () => {
    const query = history('$n', `${usage('a: ')} ${usage('b: ')}`);
    expect(codesOf(await app.send(query, { n: 100 }, { token }))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    expect(codesOf(await app.send(query, { n: 10 }, { token }))).toEqual([]);
  });

  test('applies to every list of the schema, because each declares its cost', () => {
    const schema = buildKeywardSchema({} as never);
    const unbounded = Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
      .flatMap((type) => Object.values((type as GraphQLObjectType).getFields()).map((field) => ({ type, field })))
      .filter(({ field }) => isListType(getNullableType(field.type)) && isObjectType(getNamedType(field.type)))
      .filter(({ field }) => field.extensions.complexity === undefined)
      .map(({ type, field }) => `${type.name}.${field.name}`);
    // The field that returns a page declares the cost of the page.
    expect(unbounded.sort()).toEqual([
      'ApiKeyConnection.edges',
      'AuditEventConnection.edges',
      'UserConnection.edges',
      'WebhookDeliveryConnection.edges',
    ]);
    const pages = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(({ args }) => args.some(({ name }) => name === 'first'));
    expect(pages.length).toBeGreaterThan(0);
    expect(pages.filter(({ extensions }) => extensions.complexity === undefined).map(({ name }) => name)).toEqual([]);
  });

  test('accepts every field of the longest page', async () => {
    const everything = `id keyPrefix name status scopes allowedCidrs rateLimit { limit windowSeconds } metadata enabled createdAt expiresAt
      expiresSoon revokedAt revokedReason lastUsedAt lastUsedIp lastUsedUserAgent replaces { id } replacedBy { id } ${usage('')}`;
    expect(codesOf(await app.send(history('100', everything), {}, { token }))).toEqual([]);
    expect(codesOf(await app.send(`{ myApiKeys { ${everything} } }`, {}, { token }))).toEqual([]);
  });

  test('G9: leaves a page length out of range to input validation, which returns BAD_USER_INPUT', async () => {
    expect(codesOf(await app.send(history('1000000000', 'id'), {}, { token }))).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await app.send(history('-1', 'id'), {}, { token }))).toEqual(['BAD_USER_INPUT']);
  });
});

const USAGE = 'usage(from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z") { start }';

describe('G3: the limits on depth, tokens and fragments', () => {
  const circle = 'fragment a on ApiKey { owner { id } ...b } fragment b on ApiKey { ...a }';
  const bombOf = (count: number, leaf: string) =>
    `{ myApiKeys { ...f0 } } ${many(count, (index) => `fragment f${index} on ApiKey { ...f${index + 1} ...f${index + 1} }`)} fragment f${count} on ApiKey { ${leaf} }`;
  const deep = (levels: number) => `{ __schema { types ${'{ fields { type '.repeat(levels)}{ name }${' } }'.repeat(levels)} } }`;
  test.each([
    ['over 1,000 tokens', `{ me { ${many(1_000, () => 'id')} } }`],
    ['a fragment bomb of 2^30 aliases', bombOf(30, 'a: id')],
    ['a fragment bomb of 2^40 fields', bombOf(40, 'id')],
    ['a fragment bomb of __typename', bombOf(40, '__typename')],
    ['introspection 17 levels deep', `{ __schema { types { ${'ofType { '.repeat(14)} name ${'}'.repeat(14)} } } }`],
    ['11 root __typename', `{ ${many(11, () => '__typename')} }`],
    ['circular fragments', `{ myApiKeys { ...a } } ${circle}`],
    ['circular introspection', deep(4)],
    ['160 conflicting uses of one field with different arguments', `{ ${many(160, (index) => `apiKey(id: "${index}") { id }`)} }`],
  ])('reject %s with GRAPHQL_VALIDATION_FAILED', async (_case, document) => {
    const answer = await app.send(document, {}, { token });
    expect(new Set(codesOf(answer))).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']));
  });

  test.each([
    ['inline fragments', (levels: number) => `{ me ${'{ ... '.repeat(levels - 2)}{ id }${'}'.repeat(levels - 2)} }`],
    [
      'spread fragments',
      (levels: number) =>
        `{ me { ...F0 } } ${many(levels - 3, (index) => `fragment F${index} on User { ...F${index + 1} }`)} fragment F${levels - 3} on User { id }`,
    ],
  ])('reject 31 levels of fields and %s, and accept 30', async (_case, nested) => {
    const refusal = 'Fields and fragments are nested more than 30 levels deep.';
    const messagesOf = async (levels: number) => {
      const { errors } = await app.send(nested(levels), {}, { token });
      return errors?.map(({ message }: { message: string }) => message) ?? [];
    };
    expect(await messagesOf(30)).toEqual([]);
    expect(await messagesOf(31)).toEqual([refusal]);
  });

  test.each([
    ['of an operation', (count: number) => `{ ${many(2, () => `apiKey(id: "a") { ${many(count / 2 - 1, () => USAGE)} }`)} }`],
    ['of a fragment that is not spread', (count: number) => `{ me { id } } fragment F on ApiKey { ${many(count, () => USAGE)} }`],
    [
      'of a fragment that is spread twice',
      (count: number) => `{ apiKey(id: "a") { ${many(count - 1, () => '...F')} } } fragment F on ApiKey { ${USAGE} }`,
    ],
  ])('reject 42 fields with arguments %s, and accept 40', async (_case, document) => {
    const refusal = 'The document has more than 40 fields with arguments.';
    const messagesOf = async (count: number) => {
      const { errors } = await app.send(document(count), {}, { token });
      return errors?.map(({ message }: { message: string }) => message) ?? [];
    };
    expect(await messagesOf(40)).not.toContain(refusal);
    expect(await messagesOf(42)).toEqual([refusal]);
  });

  test('reject 11 levels, also by fragments, and accept 10', () => {
    // Keyward's schema has too few levels for this test.
    const schema = buildSchema('type Query { q: Query }');
    const options = { limits: GRAPHQL_LIMITS, introspection: true };
    const errorOf = (document: string) => documentError(schema, parse(document), options)?.message;
    const nested = (levels: number) => `${'{ q '.repeat(levels - 1)}{ __typename }${'}'.repeat(levels - 1)}`;
    const tooDeep = 'The document is more than 10 levels deep.';
    expect(errorOf(nested(10))).toBeUndefined();
    expect(errorOf(nested(11))).toBe(tooDeep);
    expect(errorOf(`{ q { q { q { q { q { ...rest } } } } } } fragment rest on Query ${nested(5)}`)).toBeUndefined();
    expect(errorOf(`{ q { q { q { q { q { ...rest } } } } } } fragment rest on Query ${nested(6)}`)).toBe(tooDeep);
  });

  test('accept the standard introspection query', async () => {
    const answer = await app.send<{ __schema: unknown }, object>(getIntrospectionQuery());
    expect(codesOf(answer)).toEqual([]);
    expect(answer.data?.__schema).toBeDefined();
  });
});

test('a subscription is rejected with GRAPHQL_VALIDATION_FAILED, because the schema has none', async () => {
  const answer = await app.send('subscription { me { id } }', {}, { token });
  expect(new Set(codesOf(answer))).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']));
  expect(app.logs()).not.toContain('request failed');
});

test('an error reports at most 20 invalid fields of the variables', async () => {
  const input = Object.fromEntries(Array.from({ length: 9_000 }, (_, index) => [`k${index}`, 0]));
  const answer = await app.send('mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }', { input } as never);
  expect(answer.errors[0]?.extensions.fields).toHaveLength(20);
  expect(answer.text.length).toBeLessThan(3_000);
});

describe('G4: a production server', () => {
  test('offers introspection and suggestions only with INTROSPECTION=true', async () => {
    const production = await startTestApp({ env: { NODE_ENV: 'production' } });
    expect(codesOf(await production.send('{ __schema { types { name } } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    expect((await production.send('{ me { emai } }')).text).not.toMatch(/did you mean/i);
    const misspelt = await production.send('mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', {
      input: { emails: 'x' },
    } as never);
    expect(misspelt.text).not.toMatch(/did you mean/i);
    const page = await production.http.inject({ url: '/graphql', headers: { accept: 'text/html' } });
    expect(page.headers['content-type']).not.toMatch(/html/);
    await production.close();

    const open = await startTestApp({ env: { NODE_ENV: 'production', INTROSPECTION: 'true' } });
    expect(codesOf(await open.send('{ __schema { types { name } } }'))).toEqual([]);
    expect((await open.send('{ me { emai } }')).text).toMatch(/did you mean/i);
    await open.close();
  });
});

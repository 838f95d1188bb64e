import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codesOf, startTestApp, type TestApp } from '../../support/test-app.js';

const DATE_TIME = 'must be an RFC 3339 timestamp such as 2027-01-01T00:00:00Z';
const INT = 'must be a whole number from -2147483648 to 2147483647';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await startTestApp();
  token = (await app.newUser()).accessToken;
});
afterAll(() => app.close());

const extensionsOf = async (query: string, variables: object = {}) => {
  const answer = await app.send(query, variables as never, { token });
  expect(answer.status).toBe(200);
  expect(answer.errors).toHaveLength(1);
  return answer.errors[0]?.extensions;
};
const inputError = (path: string, message: string) => ({ code: 'BAD_USER_INPUT', fields: [{ path, message }] });

/** Returns a value as a GraphQL literal. */
const literalOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(literalOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, field]) => `${name}: ${literalOf(field)}`)
    .join(', ')} }`;
};

describe('G9: an invalid value', () => {
  const cases: [string, Record<string, unknown>, string, string][] = [
    ['a date without a time', { expiresAt: '2027-01-01' }, 'input.expiresAt', DATE_TIME],
    ['a time without seconds', { expiresAt: '2027-01-01T00:00Z' }, 'input.expiresAt', DATE_TIME],
    ['a word for a date', { expiresAt: 'tomorrow' }, 'input.expiresAt', DATE_TIME],
    ['a number for a date', { expiresAt: 5 }, 'input.expiresAt', DATE_TIME],
    ['a date in the past', { expiresAt: '2020-01-01T00:00:00Z' }, 'input.expiresAt', 'must be in the future'],
    ['an Int out of range', { rateLimit: { limit: 3_000_000_000, windowSeconds: 1 } }, 'input.rateLimit.limit', INT],
    ['a fraction for an Int', { rateLimit: { limit: 1, windowSeconds: 1.5 } }, 'input.rateLimit.windowSeconds', INT],
    ['a number outside its limits', { rateLimit: { limit: 0, windowSeconds: 1 } }, 'input.rateLimit.limit', 'must be from 1 to 1000000'],
    ['null for a required field', { rateLimit: { limit: null, windowSeconds: 1 } }, 'input.rateLimit.limit', 'must not be null'],
    ['a missing field', { rateLimit: { limit: 1 } }, 'input.rateLimit.windowSeconds', 'is required'],
    ['an unknown field', { rateLimit: { limit: 1, windowSeconds: 1, burst: 2 } }, 'input.rateLimit.burst', 'is not a field of this input'],
    ['a number in a list of strings', { scopes: ['a', 5] }, 'input.scopes.1', 'must be a string'],
    ['null in a list', { scopes: ['a', null] }, 'input.scopes.1', 'must not be null'],
    ['an invalid item of a list', { scopes: ['a', 'B'] }, 'input.scopes.1', expect.any(String) as never],
    ['a string for an object', { rateLimit: 'x' }, 'input.rateLimit', 'must be an object'],
    ['a list for JSON', { metadata: [1] }, 'input.metadata', expect.stringMatching(/^must be a JSON object/) as never],
    ['a number for a string', { name: 5 }, 'input.name', 'must be a string'],
  ];

  test.each(cases)(
    'gets the same error as a literal, as a variable, as a part of the input and as a default: %s',
    async (_case, input, path, message) => {
      const expected = inputError(path, message);
      expect(await extensionsOf(`mutation { createApiKey(input: ${literalOf(input)}) { plaintextKey } }`)).toEqual(expected);
      expect(await extensionsOf('mutation ($in: CreateApiKeyInput) { createApiKey(input: $in) { plaintextKey } }', { in: input })).toEqual(
        expected,
      );
      const [[field = '', value] = []] = Object.entries(input);
      const types: Record<string, string> = {
        expiresAt: 'DateTime',
        rateLimit: 'RateLimitInput',
        scopes: '[String!]',
        metadata: 'JSONObject',
        name: 'String',
      };
      const byField = `mutation ($x: ${types[field]}) { createApiKey(input: { ${field}: $x }) { plaintextKey } }`;
      expect(await extensionsOf(byField, { x: value })).toEqual(expected);
      const byDefault = `mutation ($x: ${types[field]} = ${literalOf(value)}) { createApiKey(input: { ${field}: $x }) { plaintextKey } }`;
      expect(await extensionsOf(byDefault)).toEqual(expected);
    },
  );

  test('gets the same error as an argument that is not in an input object', async () => {
    const usage = (by: string) => `{ myApiKeys { usage(from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", by: ${by}) { start } } }`;
    expect(await extensionsOf(usage('WEEK'))).toEqual(inputError('by', 'must be one of HOUR, DAY'));
    expect(await extensionsOf(usage('"DAY"'))).toEqual(inputError('by', 'must be one of HOUR, DAY'));
    expect(await extensionsOf('{ myAuditLog(first: null) { edges { cursor } } }')).toEqual(inputError('first', 'must not be null'));
    const nullable = 'query ($n: Int) { myAuditLog(first: $n) { edges { cursor } } }';
    expect(await extensionsOf(nullable, { n: null })).toEqual(inputError('first', 'must not be null'));
    expect(codesOf(await app.send(nullable, {}, { token }))).toEqual([]);
    expect(await extensionsOf('query ($key: ID!) { apiKey(id: $key) { id } }', {})).toEqual(inputError('id', 'is required'));
    expect(await extensionsOf('query ($key: ID!) { apiKey(id: $key) { id } }', { key: { a: 1 } })).toEqual(
      inputError('id', 'must be an ID: a string or a whole number'),
    );
    expect(await extensionsOf('{ me { id @include(if: "yes") } }')).toEqual(inputError('if', 'must be true or false'));
  });

  test('is reported together with up to 19 others of the request, literals and variables alike', async () => {
    const document = 'mutation ($d: DateTime) { createApiKey(input: { name: 5, expiresAt: $d, scopes: [1] }) { plaintextKey } }';
    expect((await extensionsOf(document, { d: 'x' }))?.fields).toEqual([
      { path: 'input.name', message: 'must be a string' },
      { path: 'input.scopes.0', message: 'must be a string' },
      { path: 'input.expiresAt', message: DATE_TIME },
    ]);
    const scopes = Array.from({ length: 300 }, (_, index) => index);
    expect((await extensionsOf(`mutation { createApiKey(input: { scopes: [${scopes}] }) { plaintextKey } }`))?.fields).toHaveLength(20);
  });

  test('a value that GraphQL itself rejects gets 400 if the client accepts application/graphql-response+json', async () => {
    const query = 'mutation { createApiKey(input: { expiresAt: "2027-01-01" }) { plaintextKey } }';
    const { status } = await app.send(query, {}, { token, headers: { accept: 'application/graphql-response+json' } });
    expect(status).toBe(400);
  });
});

describe('G7: error messages', () => {
  const INVALID: [string, string, string][] = [
    ['{ mee { id } }', 'Cannot query field "mee" on type "Query". Did you mean "me"?', 'Cannot query field "…" on type "…".'],
    ['{ me(nope: 1) { id } }', 'Unknown argument "nope" on field "Query.me".', 'Unknown argument "…" on field "…".'],
    // A name of the schema in the wrong place gets the same message as any other name.
    ['{ me { keyPrefix } }', 'Cannot query field "keyPrefix" on type "User".', 'Cannot query field "…" on type "…".'],
    ['{ me { ...User } }', 'Unknown fragment "User".', 'Unknown fragment "…".'],
    ['{ me { id }', 'Syntax error: expected Name, found <EOF>.', 'Syntax error: the document is not GraphQL.'],
    ['{ me foo: }', 'Syntax error: expected Name, found "}".', 'Syntax error: the document is not GraphQL.'],
    ['{ me { id } } frag', 'Syntax error: unexpected Name "frag".', 'Syntax error: the document is not GraphQL.'],
    ['{ me { id } "hunter two" }', 'Syntax error: expected Name, found String.', 'Syntax error: the document is not GraphQL.'],
    ['{ apiKey(id: 5 12345) { id } }', 'Syntax error: expected Name, found Int.', 'Syntax error: the document is not GraphQL.'],
  ];

  test.each(INVALID)('contain names outside production: %s', async (query, message) => {
    expect((await app.send(query)).errors.map((error) => error.message)).toEqual([message]);
  });

  test('hide every name in production, including names of the schema', async () => {
    const production = await startTestApp({ env: { NODE_ENV: 'production' } });
    for (const [query, , message] of INVALID)
      expect((await production.send(query)).errors.map((error) => error.message)).toEqual([message]);
    const unknown = await production.send('mutation { signIn(input: { email: "a", password: "b", userId: 1 }) { accessToken } }');
    expect(unknown.errors[0]?.extensions.fields).toEqual([{ path: 'input', message: 'has an unknown field' }]);
    await production.close();
  });

  test('never contain a name that looks like a secret', async () => {
    for (const secret of ['amos_1a2b3c4d', 'x'.repeat(41), 'sk_live_4eC39HqLyjWDarjtT1zdp7dc']) {
      for (const query of [`{ ${secret} }`, `{ me { id } } ${secret}`, `mutation { signIn(input: { ${secret}: 1 }) { accessToken } }`])
        expect((await app.send(query)).text).not.toContain(secret);
    }
  });
});

describe('G4: a production server', () => {
  test('explains how to enable introspection, and asks a browser to send requests by POST', async () => {
    const production = await startTestApp({ env: { NODE_ENV: 'production' } });
    const [error] = (await production.send('{ __schema { types { name } } }')).errors;
    expect(error).toMatchObject({
      message: 'Introspection is disabled. Set INTROSPECTION=true to enable it.',
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
    const page = await production.http.inject({ url: '/graphql', headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    expect(page.statusCode).toBe(400);
    expect(page.json().errors[0].message).toMatch(/^This is a GraphQL API\. Send requests by POST/);
    await production.close();
  });

  test('does not serve the embedded Sandbox, also with INTROSPECTION=true', async () => {
    const open = await startTestApp({ env: { NODE_ENV: 'production', INTROSPECTION: 'true' } });
    const page = await open.http.inject({ url: '/graphql', headers: { accept: 'text/html' } });
    expect(page.headers['content-type']).not.toMatch(/html/);
    expect(page.body).not.toMatch(/script|apollographql/i);
    await open.close();
    expect((await app.http.inject({ url: '/graphql', headers: { accept: 'text/html' } })).body).toMatch(/<script/);
  });
});

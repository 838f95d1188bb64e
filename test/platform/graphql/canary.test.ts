import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { prettyLine } from '../../../src/platform/log-format.js';
import { PASSWORD, startTestApp, type TestApp } from '../../support/test-app.js';

const CANARY = 'kanarie-4f9c1e7d2b';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await startTestApp();
  token = (await app.newUser()).accessToken;
});
afterAll(() => app.close());

const SIGN_UP = 'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }';
const email = 'canary@example.com';

async function post(payload: string, headers: Record<string, string> = {}) {
  const response = await app.http.inject({
    method: 'POST',
    url: '/graphql',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    payload,
  });
  return `${JSON.stringify(response.headers)} ${response.body}`;
}
const graphql = (query: string, variables?: unknown) => post(JSON.stringify({ query, variables }));

describe('G7, L1: a response and the log never repeat a value from an invalid request', () => {
  const cases: [string, () => Promise<string>][] = [
    ['a password that is too short', () => graphql(SIGN_UP, { input: { email, password: CANARY.slice(0, 14) } })],
    ['a password with an invalid email address', () => graphql(SIGN_UP, { input: { email: CANARY, password: PASSWORD + CANARY } })],
    ['a wrong password', () => graphql(`mutation { signIn(input: { email: "${email}", password: "${CANARY}" }) { accessToken } }`)],
    ['a variable of the wrong type', () => graphql(SIGN_UP, { input: { email, password: { deep: CANARY } } })],
    ['a list for a string', () => graphql(SIGN_UP, { input: { email, password: [CANARY] } })],
    ['a string for an object', () => graphql(SIGN_UP, { input: CANARY })],
    ['an unknown field of a variable', () => graphql(SIGN_UP, { input: { email, password: PASSWORD, [CANARY]: CANARY } })],
    ['a quote in an unknown field of a variable', () => graphql(SIGN_UP, { input: { email, password: PASSWORD, [`x"${CANARY} y`]: 1 } })],
    [
      'a forged error message as the name of an unknown field',
      () => graphql(SIGN_UP, { input: { [`email" of required type "${CANARY}" was not provided.`]: 1 } }),
    ],
    [
      'the name of a variable',
      () => graphql(`query ($${CANARY.replaceAll('-', '_')}: ID!) { apiKey(id: $${CANARY.replaceAll('-', '_')}) { id } }`),
    ],
    ['the path of an unknown URL', async () => (await app.http.inject({ url: `/nothing/${CANARY}` })).body],
    ['a value whose sibling field is missing', () => graphql(SIGN_UP, { input: { password: CANARY } })],
    ['a variable that the operation does not declare', () => graphql(SIGN_UP, { [CANARY]: CANARY })],
    [
      'an unknown field of a literal',
      () => graphql(`mutation { signUp(input: { email: "${email}", extra: "${CANARY}" }) { accessToken } }`),
    ],
    [
      'an object literal for a string',
      () => graphql(`mutation { signUp(input: { email: { a: "${CANARY}" }, password: "x" }) { accessToken } }`),
    ],
    ['an enum literal for a string', () => graphql(`mutation { signOut(refreshToken: ${CANARY.replaceAll('-', '_')}) { signedOut } }`)],
    ['a string literal for an object', () => graphql(`mutation { signUp(input: "${CANARY}") { accessToken } }`)],
    ['quotes in a literal', () => graphql(`mutation { signUp(input: "\\"${CANARY}\\", found \\"") { accessToken } }`)],
    ['an unknown field', () => graphql(`{ ${CANARY.replaceAll('-', '_')} }`)],
    ['an unknown argument', () => graphql(`{ me(${CANARY.replaceAll('-', '_')}: 1) { id } }`)],
    ['an unknown type', () => graphql(`query ($a: ${CANARY.replaceAll('-', '_')}) { me { id } }`)],
    ['an unknown fragment', () => graphql(`{ ...${CANARY.replaceAll('-', '_')} }`)],
    ['an unknown directive', () => graphql(`{ me @${CANARY.replaceAll('-', '_')} { id } }`)],
    ['an unused variable', () => graphql(`query ($${CANARY.replaceAll('-', '_')}: Int) { me { id } }`)],
    ['an undefined variable', () => graphql(`{ apiKey(id: $${CANARY.replaceAll('-', '_')}) { id } }`)],
    ['a syntax error at a name', () => graphql(`{ me ( ${CANARY.replaceAll('-', '_')} }`)],
    ['a syntax error at a string', () => graphql(`{ me "${CANARY}" }`)],
    ['an unknown operation', () => post(JSON.stringify({ query: 'query A { me { id } }', operationName: CANARY }))],
    ['malformed JSON', () => post(`{"query": "{ me { id } }", "variables": {"password": ${CANARY}`)],
    ['variables as a string', () => post(JSON.stringify({ query: '{ me { id } }', variables: CANARY }))],
    ['a body that is not an object', () => post(JSON.stringify(CANARY))],
    ['a persisted query', () => post(JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: CANARY } } }))],
    ['another content type', () => post(CANARY, { 'content-type': `text/${CANARY}` })],
    ['an invalid access token', () => post('{"query":"{ me { id } }"}', { authorization: `Bearer ${CANARY}` })],
    ['a refresh token', () => graphql(`mutation { refreshSession(refreshToken: "${CANARY}") { accessToken } }`)],
    ['an id', () => graphql(`{ apiKey(id: "${CANARY}") { id } }`)],
    ['a name that is too long', () => graphql(`mutation { createApiKey(input: { name: "${CANARY.repeat(10)}" }) { plaintextKey } }`)],
    ['a reason that is too long', () => graphql(`mutation { revokeApiKey(id: "x", reason: "${CANARY.repeat(40)}") { apiKey { id } } }`)],
    ['the query of a GraphQL URL', async () => (await app.http.inject({ url: `/graphql?query=${CANARY}` })).body],
    ['the query of an unknown URL', async () => (await app.http.inject({ url: `/x?${CANARY}` })).body],
    ['the query of a malformed URL', async () => (await app.http.inject({ url: `/%ff?${CANARY}` })).body],
  ];
  test.each(cases)('%s', async (_case, send) => {
    const answer = await send();
    expect(answer).toMatch(/"errors"/);
    for (const form of [CANARY, CANARY.replaceAll('-', '_'), CANARY.slice(0, 14)]) {
      expect(answer).not.toContain(form);
      expect(app.logs()).not.toContain(form);
    }
  });

  test('the log does not contain the document of a successful GET request', async () => {
    const response = await app.http.inject({
      url: `/graphql?query=${encodeURIComponent(`{ __typename @include(if: true) #${CANARY}\n}`)}`,
      headers: { 'apollo-require-preflight': 'true' },
    });
    expect(response.json()).toEqual({ data: { __typename: 'Query' } });
    expect(app.logs()).not.toContain(CANARY);
  });

  test('the log contains root fields of the schema, but neither the operation name nor an alias, which the client chooses', async () => {
    const secret = CANARY.replaceAll('-', '_');
    const before = app.logs().length;
    await graphql(`query ${secret} { ${secret}: me { id } ...${secret} } fragment ${secret} on Query { ${secret}1: myApiKeys { id } }`);
    const request = JSON.parse(app.logs().slice(before).trim().split('\n').at(-1) ?? '');
    expect(request).toMatchObject({ msg: 'request completed', status: 200, operation: 'query me, myApiKeys' });
    expect(app.logs()).not.toContain(secret);
    expect(prettyLine(JSON.stringify(request))).toContain('operation="query me, myApiKeys"');
  });

  test('L1: the log contains no token, key, password or email address of successful requests', async () => {
    const user = await app.newUser('somebody.special@example.com');
    const { data } = await app.send<{ createApiKey: { plaintextKey: string } }, object>(
      'mutation { createApiKey { plaintextKey } }',
      {},
      { token: user.accessToken },
    );
    const key = data?.createApiKey.plaintextKey ?? '';
    const logs = app.logs();
    for (const secret of [
      user.accessToken,
      user.refreshToken,
      key.slice(14),
      PASSWORD,
      'somebody.special',
      new URL(app.databaseUrl).password,
    ]) {
      expect(logs).not.toContain(secret);
    }
    expect(logs).toContain(key.slice(0, 13));
    expect(logs).toContain(user.user.id);
  });
});

describe('the log', () => {
  test('L1: has one JSON event per line, with the request id of the response', async () => {
    const before = app.logs().length;
    const answer = await app.send('mutation { createApiKey { plaintextKey } }', {}, { token });
    const events = app
      .logs()
      .slice(before)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ msg }) => msg)).toEqual(['API key created', 'request completed']);
    expect(events.map(({ requestId }) => requestId)).toEqual(Array(2).fill(answer.headers['x-request-id']));
  });

  test('L3: keeps one line for a path with line breaks and escape sequences', async () => {
    const before = app.logs().length;
    await app.http.inject({ url: '/a%0d%0a%7b%22level%22:60%7d%1b[31m' });
    const lines = app.logs().slice(before).trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'request completed', status: 404 });
    expect(Buffer.from(lines[0] ?? '').every((byte) => byte >= 0x20)).toBe(true);
  });
});

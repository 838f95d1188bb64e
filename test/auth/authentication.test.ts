import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GraphQLObjectType, GraphQLSchema, GraphQLString, graphql } from 'graphql';
import { accessOf, closeByDefault } from '../../src/auth/access-middleware.js';
import { buildKeywardSchema } from '../../src/keyward-schema.js';
import { unauthenticated } from '../../src/platform/errors/keyward-error.js';
import { CreateApiKeyDocument, MeDocument, SignInDocument, SignOutDocument } from '../generated/graphql.js';
import { runSql } from '../support/database.js';
import { documentOf, OPERATIONS } from '../support/operations.js';
import { queriesOf } from '../support/queries.js';
import { codesOf, PASSWORD, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
});
afterAll(() => app.close());

const me = (authorization?: string) => app.send(MeDocument, {}, authorization === undefined ? {} : { headers: { authorization } });

const schema = buildKeywardSchema({} as never);
const PUBLIC = ['refreshSession', 'resetPassword', 'server', 'signIn', 'signOut', 'signUp', 'verifyApiKey'];
const CLOSED = OPERATIONS.filter(({ name }) => !PUBLIC.includes(name));

describe('A1: a request without a token', () => {
  test('can use the operations that the schema marks as public, and no others', () => {
    const open = [...accessOf(schema)].filter(([, access]) => access === 'public').map(([name]) => name);
    expect(open.sort()).toEqual(PUBLIC);
    expect(CLOSED.length).toBeGreaterThan(10);
  });

  test.each(CLOSED.map((operation) => [operation.name, documentOf(operation)]))(
    '%s returns 401 with a challenge that names no error, and with an invalid token 401',
    async (_name, document) => {
      const answer = await app.send(document);
      expect(answer.status).toBe(401);
      expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="keyward"');
      expect(Object.values(answer.data ?? {}).filter((value) => value !== null)).toEqual([]);
      const invalid = await app.send(document, {}, { token: 'invalid' });
      expect([invalid.status, ...codesOf(invalid)]).toEqual([401, 'UNAUTHENTICATED']);
    },
  );

  test('is rejected by an operation without a mark, and its resolver is not called', async () => {
    let calls = 0;
    const type = new GraphQLObjectType({
      name: 'Query',
      fields: {
        forgotten: {
          type: GraphQLString,
          resolve: () => {
            calls += 1;
            return 'called';
          },
        },
        open: { type: GraphQLString, extensions: { isPublic: true }, resolve: () => 'open' },
      },
    });
    const unmarked = closeByDefault(new GraphQLSchema({ query: type }));
    const authentication = { refuseBrowser: () => undefined, authorize: () => Promise.reject(unauthenticated()) };
    const contextValue = { authentication };
    const { data, errors } = await graphql({ schema: unmarked, source: '{ forgotten open }', contextValue });
    expect(data).toEqual({ forgotten: null, open: 'open' });
    expect(errors?.map(({ originalError }) => originalError)).toEqual([unauthenticated()]);
    expect(calls).toBe(0);
  });

  test.each(['', 'Bearer', 'Basic YTpi'])('the Authorization header %j counts as no token', async (authorization) => {
    expect((await me(authorization)).headers['www-authenticate']).toBe('Bearer realm="keyward"');
  });

  test('signUp and signIn succeed', async () => {
    const { user } = await app.newUser();
    expect(codesOf(await app.send(SignInDocument, { input: { email: user.email, password: PASSWORD } }))).toEqual([]);
  });
});

describe('A2: a request with an invalid token', () => {
  test('an expired or changed token, and a token of a deleted, disabled or signed-out user, get byte-identical responses', async () => {
    const expired = await app.newUser();
    app.clock.advanceSeconds(900);
    const [tampered, deleted, disabled, signedOut] = [await app.newUser(), await app.newUser(), await app.newUser(), await app.newUser()];
    await runSql(app.databaseUrl, 'DELETE FROM users WHERE id = $1', [deleted.user.id]);
    await runSql(app.databaseUrl, 'UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.user.id]);
    await app.ask(SignOutDocument, { refreshToken: signedOut.refreshToken });

    const tokens = [expired, deleted, disabled, signedOut].map(({ accessToken }) => accessToken);
    const answers = await Promise.all(
      [...tokens, `${tampered.accessToken.slice(0, -3)}abc`, 'garbage'].map((token) => me(`Bearer ${token}`)),
    );
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="keyward", error="invalid_token"');
    }
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(new Set([...answers.map(({ text }) => text), (await me()).text]).size).toBe(1);
  });

  test('an access token is valid until exactly its expiry', async () => {
    const { accessToken } = await app.newUser();
    app.clock.advanceSeconds(899);
    expect((await me(`Bearer ${accessToken}`)).status).toBe(200);
    app.clock.advanceSeconds(1);
    expect((await me(`Bearer ${accessToken}`)).status).toBe(401);
  });

  test('an operation that needs no token ignores an invalid token', async () => {
    const { user } = await app.newUser();
    const input = { email: user.email, password: PASSWORD };
    const answer = await app.send(SignInDocument, { input }, { headers: { authorization: 'Bearer stale' } });
    expect(codesOf(answer)).toEqual([]);
  });
});

describe('A3: the Authorization header', () => {
  test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('accepts the scheme written as %s', async (scheme) => {
    const { accessToken } = await app.newUser();
    expect((await me(`${scheme} ${accessToken}`)).status).toBe(200);
  });

  test('is the only place for a token: a token in the URL is ignored, and not logged', async () => {
    const { accessToken } = await app.newUser();
    const response = await app.http.inject({
      method: 'POST',
      url: `/graphql?access_token=${accessToken}`,
      headers: { 'content-type': 'application/json' },
      payload: { query: '{ me { id } }' },
    });
    expect(response.statusCode).toBe(401);
    expect(app.logs()).not.toContain(accessToken);
  });

  test('returns 400 when it is sent twice', async () => {
    const { accessToken } = await app.newUser();
    const address = await app.http.listen({ port: 0, host: '127.0.0.1' });
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const headers = [
        'Host',
        'localhost',
        'Content-Type',
        'application/json',
        'Authorization',
        `Bearer ${accessToken}`,
        'authorization',
        `Bearer ${accessToken}`,
      ];
      request(`${address}/graphql`, { method: 'POST', headers: headers as never }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end('{"query":"{ me { id } }"}');
    });
    expect(status).toBe(400);
  });

  test.each(['Basic YTpi', 'Bearer', 'Bearer ', 'Bearer a b', 'token'])('with the value %j returns 401', async (authorization) => {
    expect((await me(authorization)).status).toBe(401);
  });
});

test('J6: an API key or a refresh token is not accepted as an access token', async () => {
  const { accessToken, refreshToken } = await app.newUser();
  const { createApiKey } = await app.ask(CreateApiKeyDocument, {}, accessToken);
  expect((await me(`Bearer ${createApiKey.plaintextKey}`)).status).toBe(401);
  expect((await me(`Bearer ${refreshToken}`)).status).toBe(401);
});

test('authentication reads session and user in one query, also when several fields ask for the user', async () => {
  const { accessToken } = await app.newUser();
  const queries = await queriesOf(app, () => app.send('{ me { id } again: me { email } }', {}, { token: accessToken }));
  expect(queries).toHaveLength(1);
  expect(queries[0]).toMatch(/"sessions".*"users"/s);
});

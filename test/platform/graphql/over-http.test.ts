import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { startTestApp, type TestApp } from '../../support/test-app.js';

let app: TestApp;
let url: string;
beforeAll(async () => {
  app = await startTestApp();
  url = `${await app.http.listen({ port: 0, host: '127.0.0.1' })}/graphql`;
});
afterAll(() => app.close());

const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

describe('G6: the audits of GraphQL over HTTP', () => {
  // GET without a header that only scripts can set is refused as cross-site (G5).
  const audits = serverAudits({
    url: () => url,
    fetchFn: (address: string, init?: RequestInit) =>
      fetch(address, { ...init, headers: { ...(init?.headers as Record<string, string>), 'apollo-require-preflight': 'true' } }),
  });

  test('there are 61', () => {
    expect(audits).toHaveLength(61);
  });

  test.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))('%s', async (_name, audit) => {
    expect(await audit.fn()).toMatchObject({ status: 'ok' });
  });
});

describe('the status of what GraphQL refuses', () => {
  const refusals: [string, object][] = [
    ['a syntax error', { query: '{' }],
    ['an unknown field', { query: '{ nothing }' }],
    ['a variable of the wrong type', { query: 'query ($id: ID!) { apiKey(id: $id) { id } }', variables: { id: {} } }],
    ['a missing variable', { query: 'query ($id: ID!) { apiKey(id: $id) { id } }' }],
    ['an unknown operation', { query: 'query A { me { id } }', operationName: 'B' }],
  ];
  test.each(refusals)('%s: 400 as application/graphql-response+json, 200 as application/json or anything', async (_case, body) => {
    const statusFor = async (accept?: string) => (await post(JSON.stringify(body), accept ? { accept } : {})).status;
    expect(await statusFor('application/graphql-response+json')).toBe(400);
    expect(await statusFor('application/graphql-response+json, application/json;q=0.9')).toBe(400);
    expect(await statusFor('application/graphql-response+json; charset=utf-8')).toBe(400);
    expect(await statusFor('application/json')).toBe(200);
    expect(await statusFor('application/json; charset=utf-8')).toBe(200);
    expect(await statusFor('*/*')).toBe(200);
    expect(await statusFor()).toBe(200);
  });

  test('a mutation whose answer nobody would read isn’t executed: 406', async () => {
    const { accessToken } = await app.newUser();
    const response = await post('{"query":"mutation { createApiKey { plaintextKey } }"}', {
      accept: 'image/png',
      authorization: `Bearer ${accessToken}`,
    });
    expect(response.status).toBe(406);
    expect((await app.send('{ myApiKeys { id } }', {}, { token: accessToken })).data).toEqual({ myApiKeys: [] });
  });
});

describe('G1, G5: what isn’t a GraphQL request', () => {
  test('G1: a batch is a 400', async () => {
    expect((await post('[{"query":"{ __typename }"}]')).status).toBe(400);
  });

  test('G5: a mutation by GET is a 405', async () => {
    const response = await fetch(`${url}?query=${encodeURIComponent('mutation { createApiKey { plaintextKey } }')}`, {
      headers: { 'apollo-require-preflight': 'true' },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  test('G5: what a foreign page can send without asking is a 400', async () => {
    const query = '{ __typename }';
    expect((await fetch(`${url}?query=${encodeURIComponent(query)}`)).status).toBe(400);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const response = await post(JSON.stringify({ query }), { 'content-type': type });
      expect([type, response.status]).toEqual([type, 400]);
    }
    const withoutType = await fetch(url, { method: 'POST', body: new Blob([JSON.stringify({ query })]) });
    expect(withoutType.status).toBe(400);
  });
});

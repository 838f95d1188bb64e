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

describe('G6: the GraphQL-over-HTTP audits', () => {
  // The header marks the request as not cross-site. A GET request without it is rejected (G5).
  const audits = serverAudits({
    url: () => url,
    fetchFn: (address: string, init?: RequestInit) =>
      fetch(address, { ...init, headers: { ...(init?.headers as Record<string, string>), 'apollo-require-preflight': 'true' } }),
  });

  test('comprise 61 audits', () => {
    expect(audits).toHaveLength(61);
  });

  test.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))('%s', async (_name, audit) => {
    expect(await audit.fn()).toMatchObject({ status: 'ok' });
  });
});

describe('the status of a request that GraphQL rejects', () => {
  const rejections: [string, object][] = [
    ['a syntax error', { query: '{' }],
    ['an unknown field', { query: '{ nothing }' }],
    ['a variable of the wrong type', { query: 'query ($id: ID!) { apiKey(id: $id) { id } }', variables: { id: {} } }],
    ['a missing variable', { query: 'query ($id: ID!) { apiKey(id: $id) { id } }' }],
    ['an unknown operation', { query: 'query A { me { id } }', operationName: 'B' }],
  ];
  test.each(rejections)('is 400 as application/graphql-response+json, and 200 as application/json or */*: %s', async (_case, body) => {
    const statusFor = async (accept?: string) => (await post(JSON.stringify(body), accept ? { accept } : {})).status;
    expect(await statusFor('application/graphql-response+json')).toBe(400);
    expect(await statusFor('application/graphql-response+json, application/json;q=0.9')).toBe(400);
    expect(await statusFor('application/graphql-response+json; charset=utf-8')).toBe(400);
    expect(await statusFor('application/json')).toBe(200);
    expect(await statusFor('application/json; charset=utf-8')).toBe(200);
    expect(await statusFor('*/*')).toBe(200);
    expect(await statusFor()).toBe(200);
  });

  test('is 406 for a mutation with an unsupported Accept header, and the mutation is not executed', async () => {
    const { accessToken } = await app.newUser();
    const response = await post('{"query":"mutation { createApiKey { plaintextKey } }"}', {
      accept: 'image/png',
      authorization: `Bearer ${accessToken}`,
    });
    expect(response.status).toBe(406);
    expect((await app.send('{ myApiKeys { id } }', {}, { token: accessToken })).data).toEqual({ myApiKeys: [] });
  });
});

describe('G1, G5: the GraphQL endpoint', () => {
  test('G1: returns 400 for a batch', async () => {
    expect((await post('[{"query":"{ __typename }"}]')).status).toBe(400);
  });

  test('G5: returns 405 for a mutation by GET', async () => {
    const response = await fetch(`${url}?query=${encodeURIComponent('mutation { createApiKey { plaintextKey } }')}`, {
      headers: { 'apollo-require-preflight': 'true' },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  test('G5: returns 400 for every request that a foreign page can send without a preflight', async () => {
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

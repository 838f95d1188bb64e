import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateApiKeyDocument,
  KeysOfOwnersDocument,
  MyKeysOfAnyStatusDocument,
  type MyKeysOfAnyStatusQuery,
  RevokeApiKeyDocument,
  UpdateApiKeyDocument,
} from '../generated/graphql.js';
import { callerQueries } from '../support/acting-service.js';
import { newKey } from '../support/doors.js';
import { queriesOf } from '../support/queries.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
});
afterAll(() => app.close());

type Page = MyKeysOfAnyStatusQuery['me']['apiKeys'];

const page = async (token: string, first = 20, after: string | null = null): Promise<Page> =>
  (await app.ask(MyKeysOfAnyStatusDocument, { first, after }, token)).me.apiKeys;

async function createKey(token: string): Promise<string> {
  return (await app.ask(CreateApiKeyDocument, {}, token)).createApiKey.apiKey.id;
}

describe('User.apiKeys', () => {
  test('returns the keys of the signed-in user, with any status, newest first, and no key of another user', async () => {
    const { id: revoked, token } = await newKey(app);
    app.clock.advanceSeconds(1);
    const disabled = await createKey(token);
    app.clock.advanceSeconds(1);
    const active = await createKey(token);
    await app.ask(RevokeApiKeyDocument, { id: revoked }, token);
    await app.ask(UpdateApiKeyDocument, { id: disabled, input: { enabled: false } }, token);
    await newKey(app);
    expect((await page(token)).edges.map(({ node }) => node)).toEqual([
      { id: active, status: 'ACTIVE' },
      { id: disabled, status: 'DISABLED' },
      { id: revoked, status: 'REVOKED' },
    ]);
  });

  test('returns every key once and in order over all pages, also if several were created at the same time', async () => {
    const { token } = await newKey(app);
    for (let count = 1; count < 5; count += 1) await createKey(token);
    const all = (await page(token)).edges.map(({ node }) => node.id);
    expect(all).toHaveLength(5);
    const seen: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { edges, pageInfo } = await page(token, 2, after);
      seen.push(...edges.map(({ node }) => node.id));
      more = pageInfo.hasNextPage;
      after = pageInfo.endCursor ?? null;
    }
    expect(seen).toEqual(all);
  });

  test('is read once for all keys of a list that have one owner', async () => {
    const { token } = await newKey(app);
    for (let count = 1; count < 4; count += 1) await createKey(token);
    const queries = await queriesOf(app, async () => {
      const { myApiKeys } = await app.ask(KeysOfOwnersDocument, {}, token);
      expect(myApiKeys.map(({ owner }) => owner.apiKeys.edges.length)).toEqual([2, 2, 2, 2]);
    });
    expect(queries).toHaveLength(5 + callerQueries()); // session with user, policy, keys, owner, positions of the keys, keys of these positions
  });

  test('K6: rejects a cursor of another user', async () => {
    const [one, other] = [await newKey(app), await newKey(app)];
    const after = (await page(other.token)).pageInfo.endCursor ?? null;
    const answer = await app.send(MyKeysOfAnyStatusDocument, { after }, { token: one.token });
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
  });

  test.each([0, 101])('G9: rejects first: %i', async (first) => {
    const { token } = await newKey(app);
    expect(codesOf(await app.send(MyKeysOfAnyStatusDocument, { first }, { token }))).toEqual(['BAD_USER_INPUT']);
  });
});

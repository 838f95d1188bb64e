import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateApiKeyDocument, MyApiKeyHistoryDocument, RevokeApiKeyDocument, RotateApiKeyDocument } from '../generated/graphql.js';
import { queriesOf } from '../support/queries.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const create = async (token: string, expiresInSeconds?: number) => {
  const expiresAt = expiresInSeconds === undefined ? null : new Date(app.clock.now().getTime() + expiresInSeconds * 1_000).toISOString();
  return (await app.ask(CreateApiKeyDocument, { input: { expiresAt } }, token)).createApiKey.apiKey.id;
};
const revoke = (token: string, id: string) => app.ask(RevokeApiKeyDocument, { id }, token);
const page = async (token: string, first: number, after?: string | null) =>
  (await app.ask(MyApiKeyHistoryDocument, { first, after: after ?? null }, token)).myApiKeyHistory;

/** All pages one after another. */
async function walk(token: string, first: number, between: () => Promise<unknown> = async () => undefined): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null | undefined = null; ; ) {
    const { edges, pageInfo } = await page(token, first, after);
    expect(edges.length).toBeLessThanOrEqual(first);
    ids.push(...edges.map(({ node }) => node.id));
    if (!pageInfo.hasNextPage) return ids;
    after = pageInfo.endCursor;
    await between();
  }
}

/** Keys that were revoked, five at the same moment, the last one first. */
async function withHistory(count: number): Promise<{ token: string; ids: string[] }> {
  const { accessToken: token } = await app.newUser();
  const ids: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const id = await create(token);
    await revoke(token, id);
    ids.unshift(id);
    if (made % 5 === 4) app.clock.advanceSeconds(1);
  }
  return { token, ids };
}

describe('myApiKeyHistory', () => {
  test('tells the revoked and expired keys, the one that ended last first, and no usable one', async () => {
    const { accessToken: token } = await app.newUser();
    const [expiring, revoked, usable] = [await create(token, 10), await create(token), await create(token)];
    await revoke(token, revoked);
    expect((await page(token, 20)).edges.map(({ node }) => [node.id, node.status])).toEqual([[revoked, 'REVOKED']]);
    app.clock.advanceSeconds(10);
    const { rotateApiKey } = await app.ask(RotateApiKeyDocument, { id: usable, input: { gracePeriodSeconds: 5 } }, token);
    app.clock.advanceSeconds(5);
    expect((await page(token, 20)).edges.map(({ node }) => [node.id, node.status])).toEqual([
      [usable, 'EXPIRED'],
      [expiring, 'EXPIRED'],
      [revoked, 'REVOKED'],
    ]);
    // Revoked only after it had expired: that is not when it ended.
    await revoke(token, expiring);
    await revoke(token, rotateApiKey.apiKey.id);
    expect((await page(token, 20)).edges.map(({ node }) => node.id)).toEqual([rotateApiKey.apiKey.id, usable, expiring, revoked]);
  });

  test.each([1, 3, 12, 13, 100])(
    'pages of %i hold every key once, in order, also where several ended at the same moment',
    async (first) => {
      const { token, ids } = await withHistory(12);
      expect(await walk(token, first)).toEqual(ids);
    },
  );

  test('pages stay right while keys end', async () => {
    const { token, ids } = await withHistory(6);
    const between = async () => {
      app.clock.advanceSeconds(1);
      await revoke(token, await create(token));
    };
    expect(await walk(token, 2, between)).toEqual(ids);
  });

  test('a page costs two queries, whatever its size', async () => {
    const { token } = await withHistory(6);
    for (const first of [2, 100]) expect(await queriesOf(() => page(token, first))).toHaveLength(3); // and the session
  });

  test('is empty at first, with 20 keys on a page unless told otherwise', async () => {
    const { accessToken } = await app.newUser();
    expect(await page(accessToken, 20)).toEqual({ edges: [], pageInfo: { hasNextPage: false, endCursor: null } });
    const { token } = await withHistory(21);
    const { myApiKeyHistory } = await app.ask(MyApiKeyHistoryDocument, {}, token);
    expect(myApiKeyHistory.edges).toHaveLength(20);
    expect(myApiKeyHistory.pageInfo).toEqual({ hasNextPage: true, endCursor: myApiKeyHistory.edges[19]?.cursor });
  });

  test.each([-1, 0, 101, 1_000_000_000])('G9: refuses first: %i', async (first) => {
    const { accessToken } = await app.newUser();
    const answer = await app.send(MyApiKeyHistoryDocument, { first }, { token: accessToken });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'first' }] });
  });

  test('K6: a forged, foreign, damaged or misplaced cursor is BAD_USER_INPUT', async () => {
    const { token } = await withHistory(2);
    const stranger = await withHistory(2);
    const cursor = (await page(token, 1)).pageInfo.endCursor ?? '';
    const log = await app.send<{ myAuditLog: { pageInfo: { endCursor: string } } }, object>(
      '{ myAuditLog(first: 1) { pageInfo { endCursor } } }',
      {},
      { token },
    );
    const flipped = Buffer.from(cursor, 'base64url');
    flipped[3] = (flipped[3] ?? 0) ^ 1;
    const bad = ['', 'x', 'AAAA', `${cursor}=`, ` ${cursor}`, flipped.toString('base64url'), cursor.slice(0, -1), `${cursor}A`];
    for (const after of [...bad, (await page(stranger.token, 1)).pageInfo.endCursor, log.data?.myAuditLog.pageInfo.endCursor ?? '']) {
      const answer = await app.send(MyApiKeyHistoryDocument, { after }, { token });
      expect([after, codesOf(answer)]).toEqual([after, ['BAD_USER_INPUT']]);
      expect(answer.errors[0]?.extensions.fields).toEqual([{ path: 'after', message: 'must be a cursor of this list' }]);
    }
    expect((await page(token, 1, cursor)).edges).toHaveLength(1);
  });

  test('J5: a cursor made with an older secret still works; one made with a secret that was taken out does not', async () => {
    const secrets = [Buffer.alloc(32, 'a'), Buffer.alloc(32, 'b')] as const;
    const old = await startTestApp({ appSecrets: [secrets[0]] });
    const { accessToken: token } = await old.newUser();
    for (let made = 0; made < 2; made += 1) {
      const { createApiKey } = await old.ask(CreateApiKeyDocument, {}, token);
      await old.ask(RevokeApiKeyDocument, { id: createApiKey.apiKey.id }, token);
    }
    const after = (await old.ask(MyApiKeyHistoryDocument, { first: 1 }, token)).myApiKeyHistory.pageInfo.endCursor ?? null;
    const shared = { databaseUrl: old.databaseUrl, clock: old.clock };
    const both = await startTestApp({ ...shared, appSecrets: [secrets[1], secrets[0]] });
    expect((await both.ask(MyApiKeyHistoryDocument, { after }, token)).myApiKeyHistory.edges).toHaveLength(1);
    const renewed = (await both.ask(MyApiKeyHistoryDocument, { first: 1 }, token)).myApiKeyHistory.pageInfo.endCursor;
    expect(renewed).not.toBe(after);
    expect(codesOf(await old.send(MyApiKeyHistoryDocument, { after: renewed ?? null }, { token }))).toEqual(['BAD_USER_INPUT']);
    await Promise.all([old.close(), both.close()]);
  });
});

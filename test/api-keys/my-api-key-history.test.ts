import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateApiKeyDocument, MyApiKeyHistoryDocument, RevokeApiKeyDocument, RotateApiKeyDocument } from '../generated/graphql.js';
import { callerQueries } from '../support/acting-service.js';
import { queriesOf } from '../support/queries.js';
import { codesOf, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ logQueries: true });
});
afterAll(() => app.close());

const create = async (token: string, expiresInSeconds?: number) => {
  const expiresAt = expiresInSeconds === undefined ? null : new Date(app.clock.now().getTime() + expiresInSeconds * 1_000).toISOString();
  return (await app.ask(CreateApiKeyDocument, { input: { expiresAt } }, token)).createApiKey.apiKey.id;
};
const revoke = (token: string, id: string) => app.ask(RevokeApiKeyDocument, { id }, token);
const page = async (token: string, first: number, after?: string | null) =>
  (await app.ask(MyApiKeyHistoryDocument, { first, after: after ?? null }, token)).myApiKeyHistory;

/** Reads all pages in order, and returns the ids. */
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

/** Creates and revokes keys, five of them at each timestamp, and returns their ids, the last revoked first. */
async function withHistory(count: number): Promise<{ token: string; ids: string[] }> {
  const { accessToken: token } = await app.newUser();
  const ids: string[] = [];
  for (let created = 0; created < count; created += 1) {
    const id = await create(token);
    await revoke(token, id);
    ids.unshift(id);
    if (created % 5 === 4) app.clock.advanceSeconds(1);
  }
  return { token, ids };
}

describe('myApiKeyHistory', () => {
  test('returns revoked and expired keys, most recently ended first, and no usable key', async () => {
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
    // A key that is revoked after its expiry keeps its position: it ended at its expiry.
    await revoke(token, expiring);
    await revoke(token, rotateApiKey.apiKey.id);
    expect((await page(token, 20)).edges.map(({ node }) => node.id)).toEqual([rotateApiKey.apiKey.id, usable, expiring, revoked]);
  });

  test.each([1, 3, 12, 13, 100])(
    'returns every key once and in order with %i keys per page, also if several ended at the same time',
    async (first) => {
      const { token, ids } = await withHistory(12);
      expect(await walk(token, first)).toEqual(ids);
    },
  );

  test('returns no key twice and omits none while further keys end', async () => {
    const { token, ids } = await withHistory(6);
    const between = async () => {
      app.clock.advanceSeconds(1);
      await revoke(token, await create(token));
    };
    expect(await walk(token, 2, between)).toEqual(ids);
  });

  test('reads a page of any size with three queries', async () => {
    const { token } = await withHistory(6);
    // Two queries for the page, one for the policy and one for the session.
    for (const first of [2, 100]) expect(await queriesOf(app, () => page(token, first))).toHaveLength(3 + callerQueries());
  });

  test('is empty for a new user, and returns 20 keys per page by default', async () => {
    const { accessToken } = await app.newUser();
    expect(await page(accessToken, 20)).toEqual({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
    const { token } = await withHistory(21);
    const { myApiKeyHistory } = await app.ask(MyApiKeyHistoryDocument, {}, token);
    expect(myApiKeyHistory.edges).toHaveLength(20);
    const [startCursor, endCursor] = [myApiKeyHistory.edges[0]?.cursor, myApiKeyHistory.edges[19]?.cursor];
    expect(myApiKeyHistory.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: false, startCursor, endCursor });
  });

  test.each([-1, 0, 101, 1_000_000_000])('G9: rejects first: %i', async (first) => {
    const { accessToken } = await app.newUser();
    const answer = await app.send(MyApiKeyHistoryDocument, { first }, { token: accessToken });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'first' }] });
  });

  test('K6: returns BAD_USER_INPUT for a cursor that is forged, damaged, or of another user or list', async () => {
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

  test('J5: accepts a cursor signed with an older secret, and rejects one signed with a secret that is not in APP_SECRETS', async () => {
    const secrets = [Buffer.alloc(32, 'a'), Buffer.alloc(32, 'b')] as const;
    const old = await startTestApp({ appSecrets: [secrets[0]] });
    const { accessToken: token } = await old.newUser();
    for (let count = 0; count < 2; count += 1) {
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

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { countedAt, rotatableAt, statusOf, usableAt } from '../../src/api-keys/api-key-status.js';
import { CreateApiKeyDocument, MyApiKeyHistoryDocument, type MyApiKeyHistoryQuery } from '../generated/graphql.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ env: { MAX_KEYS_PER_USER: '1000' } });
});
afterAll(() => app.close());

const USABLE = ['ACTIVE', 'ROTATING', 'DISABLED'];

describe('the status of a key', () => {
  test('follows the same rule in code and in SQL for every combination of a key and its successor', async () => {
    const { accessToken, user } = await app.newUser();
    const now = app.clock.now();
    const [before, after] = [new Date(now.getTime() - 1), new Date(now.getTime() + 1)];
    const states = [null, before].flatMap((revokedAt) =>
      [null, before, now, after].flatMap((expiresAt) => [true, false].map((enabled) => ({ revokedAt, expiresAt, enabled }))),
    );
    // Each kind of key without a successor, and with a successor of each kind.
    for (const state of states) {
      for (const successor of [null, ...states]) {
        const common = { userId: user.id, hashedKey: '', createdAt: now };
        const prefix = () => `test_${Math.random().toString(16).slice(2, 14)}`;
        const replacedBy = successor && (await app.database.apiKey.create({ data: { ...common, ...successor, keyPrefix: prefix() } }));
        await app.database.apiKey.create({ data: { ...common, ...state, keyPrefix: prefix(), replacedById: replacedBy?.id ?? null } });
      }
    }

    const keys = await app.database.apiKey.findMany({ where: { userId: user.id }, include: { replaces: true, replacedBy: true } });
    expect(keys).toHaveLength(16 * 33);
    const isUsable = (key: (typeof keys)[number]['replacedBy']) => key !== null && USABLE.includes(statusOf(key, now));
    const expected = {
      usable: keys.filter((key) => isUsable(key)),
      counted: keys.filter((key) => isUsable(key) && !isUsable(key.replacedBy)),
      rotatable: keys.filter((key) => isUsable(key) && key.replacedById === null && !key.replaces.some(isUsable)),
      rotatableAtOnce: keys.filter((key) => isUsable(key) && key.replacedById === null),
    };
    const find = async (where: object) =>
      (await app.database.apiKey.findMany({ where: { userId: user.id, AND: where } })).map(({ id }) => id).sort();
    const idsOf = (some: typeof keys) => some.map(({ id }) => id).sort();
    expect(await find(usableAt(now))).toEqual(idsOf(expected.usable));
    expect(await find(countedAt(now))).toEqual(idsOf(expected.counted));
    expect(await find(rotatableAt(now, 1))).toEqual(idsOf(expected.rotatable));
    expect(await find(rotatableAt(now, 0))).toEqual(idsOf(expected.rotatableAtOnce));
    const endless = { OR: [{ expiresAt: null }], AND: usableAt(now) };
    expect(await find(endless)).toEqual(idsOf(expected.usable.filter(({ expiresAt }) => expiresAt === null)));
    expect(expected.rotatableAtOnce.length).toBeGreaterThan(expected.rotatable.length);
    expect(new Set(keys.map((key) => statusOf(key, now)))).toEqual(new Set(['ACTIVE', 'ROTATING', 'DISABLED', 'EXPIRED', 'REVOKED']));

    // The list of revoked and expired keys implements the rule as well.
    const ended = new Set<string>();
    for (let after: string | null = null; ; ) {
      const { myApiKeyHistory }: MyApiKeyHistoryQuery = await app.ask(MyApiKeyHistoryDocument, { first: 100, after }, accessToken);
      for (const { node } of myApiKeyHistory.edges) ended.add(node.id);
      if (!myApiKeyHistory.pageInfo.hasNextPage) break;
      after = myApiKeyHistory.pageInfo.endCursor ?? null;
    }
    expect([...ended].sort()).toEqual(idsOf(keys.filter((key) => !isUsable(key))));
  });

  test('is ACTIVE for a new key', async () => {
    const { accessToken } = await app.newUser();
    expect((await app.ask(CreateApiKeyDocument, {}, accessToken)).createApiKey.apiKey.status).toBe('ACTIVE');
  });
});

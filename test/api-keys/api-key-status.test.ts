import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findKeys } from '../../src/api-keys/api-key-list.queries.js';
import { ApiKeyStatus, countedAt, rotatableAt, statusOf, usableAt } from '../../src/api-keys/api-key-status.js';
import { countUsableKeys } from '../../src/api-keys/key-counts.queries.js';
import { effectiveExpiry } from '../../src/policies/effective-limits.js';
import { CreateApiKeyDocument, MyApiKeyHistoryDocument, type MyApiKeyHistoryQuery } from '../generated/graphql.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ env: { MAX_KEYS_PER_USER: '1000' } });
});
afterAll(() => app.close());

const USABLE = ['ACTIVE', 'ROTATING', 'DISABLED'];

describe('the status of a key', () => {
  test.each([
    ['without a policy', null],
    ['with a policy that limits the lifetime', 30],
  ])('follows the same rule in code and in SQL for every combination of a key and its successor %s', async (_, keyLifetimeDaysMax) => {
    const { accessToken, user } = await app.newUser();
    const now = app.clock.now();
    const [before, after] = [new Date(now.getTime() - 1), new Date(now.getTime() + 1)];
    const start = { createdAt: now, importedAt: null };
    const ownStates = [null, before].flatMap((revokedAt) =>
      [null, before, now, after].flatMap((expiresAt) => [true, false].map((enabled) => ({ ...start, revokedAt, expiresAt, enabled }))),
    );
    const daysAgo = (time: Date, days: number) => new Date(time.getTime() - days * 86_400_000);
    const starts = [before, now, after].map((time) => daysAgo(time, 30));
    const lifetimeStates = [null, after].flatMap((expiresAt) =>
      starts.flatMap((startsAt) =>
        [
          { createdAt: startsAt, importedAt: null },
          { createdAt: daysAgo(now, 400), importedAt: startsAt },
        ].map((times) => ({ ...times, revokedAt: null, expiresAt, enabled: true })),
      ),
    );
    const lifetime = { keyLifetimeDaysMax };
    const states = keyLifetimeDaysMax === null ? ownStates : [...ownStates.filter(({ enabled }) => enabled), ...lifetimeStates];
    if (keyLifetimeDaysMax !== null) {
      const policy = await app.database.policy.create({ data: { name: 'short-lived', keyLifetimeDaysMax, createdAt: now } });
      await app.database.user.update({ where: { id: user.id }, data: { policyId: policy.id } });
    }
    // Each kind of key without a successor, and with a successor of each kind.
    for (const state of states) {
      for (const successor of [null, ...states]) {
        const common = { userId: user.id, hashedKey: '' };
        const prefix = () => `test_${Math.random().toString(16).slice(2, 14)}`;
        const replacedBy = successor && (await app.database.apiKey.create({ data: { ...common, ...successor, keyPrefix: prefix() } }));
        await app.database.apiKey.create({ data: { ...common, ...state, keyPrefix: prefix(), replacedById: replacedBy?.id ?? null } });
      }
    }

    const keys = await app.database.apiKey.findMany({ where: { userId: user.id }, include: { replaces: true, replacedBy: true } });
    expect(keys).toHaveLength(states.length * (2 * states.length + 1));
    const isUsable = (key: (typeof keys)[number]['replacedBy']) => key !== null && USABLE.includes(statusOf(key, lifetime, now));
    const expected = {
      usable: keys.filter((key) => isUsable(key)),
      counted: keys.filter((key) => isUsable(key) && !isUsable(key.replacedBy)),
      rotatable: keys.filter((key) => isUsable(key) && key.replacedById === null && !key.replaces.some(isUsable)),
      rotatableAtOnce: keys.filter((key) => isUsable(key) && key.replacedById === null),
    };
    const find = async (where: object) =>
      (await app.database.apiKey.findMany({ where: { userId: user.id, AND: where } })).map(({ id }) => id).sort();
    const idsOf = (some: typeof keys) => some.map(({ id }) => id).sort();
    expect(await find(usableAt(now, lifetime))).toEqual(idsOf(expected.usable));
    expect(await find(countedAt(now, lifetime))).toEqual(idsOf(expected.counted));
    expect(await find(rotatableAt(now, 1, lifetime))).toEqual(idsOf(expected.rotatable));
    expect(await find(rotatableAt(now, 0, lifetime))).toEqual(idsOf(expected.rotatableAtOnce));
    const endless = { OR: [{ expiresAt: null }], AND: usableAt(now, lifetime) };
    expect(await find(endless)).toEqual(idsOf(expected.usable.filter(({ expiresAt }) => expiresAt === null)));
    expect(expected.rotatableAtOnce.length).toBeGreaterThan(expected.rotatable.length);
    const statuses = new Set(keys.map((key) => statusOf(key, lifetime, now)));
    expect(statuses).toEqual(new Set(['ACTIVE', 'ROTATING', 'EXPIRED', 'REVOKED', ...(keyLifetimeDaysMax === null ? ['DISABLED'] : [])]));

    // So do the statements that count the keys of many users.
    const count = async (isPairOne: boolean) => (await countUsableKeys(app.database, [user.id], { now, isPairOne })).get(user.id);
    expect([await count(false), await count(true)]).toEqual([expected.usable.length, expected.counted.length]);

    // So does the list of the keys of all users.
    const everything = {
      keyPrefixes: null,
      ids: null,
      policyId: null,
      anyScope: null,
      createdBefore: null,
      createdAfter: null,
      unusedSince: null,
      after: null,
    };
    const list = async (filter: { statuses: ApiKeyStatus[] | null; expiresBefore: Date | null }) =>
      (await findKeys(app.database, { ...everything, ownerIds: [user.id], ...filter, now }, 10_000)).map(({ id }) => id).sort();
    for (const status of Object.values(ApiKeyStatus)) {
      const withStatus = keys.filter((key) => statusOf(key, lifetime, now) === status);
      expect(await list({ statuses: [status], expiresBefore: null })).toEqual(idsOf(withStatus));
    }
    const endsUntilNow = keys.filter((key) => (effectiveExpiry(key, lifetime) ?? after) < after);
    expect(await list({ statuses: null, expiresBefore: after })).toEqual(idsOf(endsUntilNow));

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
